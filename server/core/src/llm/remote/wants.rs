//! What a model asks for, put together from the parts that its server streams.

use crate::llm::Want;

/// What a model may ask for at once.
const MOST: usize = 32;

/// A part of one request: the server names the request by its place, and sends its texts in pieces.
pub struct Part {
    pub index: usize,
    pub want: Want,
}

#[derive(Default)]
pub struct Wants(Vec<(usize, Want)>);

impl Wants {
    /// Some servers send each request whole and give all of them the same place, so that another id is another request.
    pub fn add(&mut self, parts: Vec<Part>) {
        for Part { index, want } in parts {
            let begun = self.0.iter_mut().rev().find(|(place, _)| *place == index).map(|(_, begun)| begun);
            match begun.filter(|begun| want.id.is_empty() || begun.id.is_empty() || want.id == begun.id) {
                Some(begun) => {
                    if begun.id.is_empty() {
                        begun.id = want.id;
                    }
                    begun.name.push_str(&want.name);
                    begun.arguments.push_str(&want.arguments);
                }
                None => self.0.push((index, want)),
            }
        }
    }

    /// All that was asked for, each with an id of its own.
    pub fn take(&mut self) -> Result<Vec<Want>, String> {
        let wants = std::mem::take(&mut self.0);
        if wants.len() > MOST {
            return Err(format!("it asked for {} things at once.", wants.len()));
        }
        let named = |(place, (_, want)): (usize, (usize, Want))| {
            if want.id.is_empty() { Want { id: format!("call_{place}"), ..want } } else { want }
        };
        Ok(wants.into_iter().enumerate().map(named).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(index: usize, id: &str, name: &str, arguments: &str) -> Part {
        Part { index, want: want(id, name, arguments) }
    }

    fn want(id: &str, name: &str, arguments: &str) -> Want {
        Want { id: id.into(), name: name.into(), arguments: arguments.into() }
    }

    #[test]
    fn pieces_become_requests() {
        let mut wants = Wants::default();
        wants.add(vec![part(0, "a", "find", "")]);
        wants.add(vec![part(0, "", "", "{\"x\""), part(1, "b", "list", "{}")]);
        wants.add(vec![part(0, "", "", ":1}")]);
        assert_eq!(wants.take(), Ok(vec![want("a", "find", "{\"x\":1}"), want("b", "list", "{}")]));
        assert_eq!(wants.take(), Ok(Vec::new()));
    }

    #[test]
    fn whole_requests_in_the_same_place_stay_apart() {
        let mut wants = Wants::default();
        wants.add(vec![part(0, "a", "find", "{}"), part(0, "b", "list", "{}")]);
        assert_eq!(wants.take(), Ok(vec![want("a", "find", "{}"), want("b", "list", "{}")]));
        wants.add(vec![part(0, "", "find", "{}")]);
        assert_eq!(wants.take(), Ok(vec![want("call_0", "find", "{}")]));
    }

    #[test]
    fn too_many_are_refused() {
        let mut wants = Wants::default();
        wants.add((0..=MOST).map(|index| part(index, "", "find", "{}")).collect());
        assert!(wants.take().is_err());
    }
}
