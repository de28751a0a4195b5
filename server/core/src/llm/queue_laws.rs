//! The laws of the queue.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn user(number: u8) -> UserId {
    UserId(Uuid::from_u128(u128::from(number)))
}

/// What someone does.
#[derive(Clone, Debug)]
enum Act {
    Enter(u8),
    /// Drops the ticket at this place among those that are held.
    Leave(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![(0_u8..4).prop_map(Act::Enter), (0_usize..16).prop_map(Act::Leave)];
    prop::collection::vec(act, 0..60)
}

proptest! {
    /// As many as may have a turn do, whenever that many want one; the places of the others are 0, 1, 2….
    #[test]
    fn nobody_waits_for_nothing(at_once in 1_usize..4, acts in acts()) {
        let queue = Queue::new(at_once);
        let mut tickets = Vec::new();
        for act in acts {
            match act {
                Act::Enter(number) => tickets.push(queue.enter(user(number))),
                Act::Leave(at) if at < tickets.len() => drop(tickets.remove(at)),
                Act::Leave(_) => {}
            }
            let turns = tickets.iter().filter(|ticket| ticket.place().is_none()).count();
            prop_assert_eq!(turns, at_once.min(tickets.len()));
            let mut places: Vec<u32> = tickets.iter().filter_map(Ticket::place).collect();
            places.sort_unstable();
            prop_assert_eq!(places.clone(), (0..u32::try_from(places.len()).expect("few")).collect::<Vec<_>>());
        }
    }

    /// Whatever others have asked before, a user's first wait is served after at most one turn of each other user.
    #[test]
    fn each_user_gets_a_turn_in_each_round(asked in prop::collection::vec(0_u8..5, 1..40)) {
        let queue = Queue::new(1);
        let busy = queue.enter(user(9));
        let others: Vec<Ticket> = asked.iter().map(|number| queue.enter(user(*number))).collect();
        let mine = queue.enter(user(8));
        let users = asked.iter().collect::<std::collections::HashSet<_>>().len();
        prop_assert_eq!(mine.place(), Some(u32::try_from(users).expect("few")));
        drop((busy, others));
        prop_assert_eq!(mine.place(), None);
    }
}

#[tokio::test]
async fn who_waits_hears_of_every_step() {
    let queue = Queue::new(1);
    let (first, second) = (queue.enter(user(1)), queue.enter(user(2)));
    let mut third = queue.enter(user(3));
    assert_eq!(third.place(), Some(1));
    drop(first);
    assert_eq!(third.moved().await, Some(0));
    drop(second);
    assert_eq!(third.moved().await, None);
}
