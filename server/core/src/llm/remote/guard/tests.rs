use super::*;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;

/// Gives one answer after the other, as a name server in an enemy's hands does.
struct Fickle(Mutex<Vec<Vec<IpAddr>>>);

impl Lookup for Fickle {
    fn look_up<'a>(&'a self, _: &'a str) -> Looking<'a> {
        let mut answers = self.0.lock().expect("no test panics while holding it");
        let next = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(next) })
    }
}

fn guard(allowed: &str) -> Guard {
    Guard::new(allowed.parse().expect("a list"))
}

fn fickle(allowed: &str, answers: &[&[&str]]) -> Guard {
    let parsed = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().expect("an address")).collect();
    let lookup = Fickle(Mutex::new(answers.iter().map(parsed).collect()));
    Guard::with(allowed.parse().expect("a list"), Arc::new(lookup))
}

async fn connects(guard: &Guard, url: &str) -> Result<usize, Refusal> {
    let url = guard.check(url).expect("a well-formed address");
    let name: Name = url.host_str().expect("a host").parse().expect("a name");
    let resolved = guard.resolver(&url).resolve(name).await;
    resolved.map(Iterator::count).map_err(|fault| fault.downcast_ref::<Refusal>().expect("a refusal").clone())
}

#[test]
fn the_public_internet_is_public_and_nothing_else() {
    for public in
        ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
    {
        assert!(is_public(public.parse().expect("an address")), "{public}");
    }
    for private in [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.8.8.8",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "250.1.1.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(private.parse().expect("an address")), "{private}");
    }
}

proptest! {
    /// However an older address is dressed, it is judged as itself.
    #[test]
    fn a_disguise_changes_nothing(bits in any::<u32>()) {
        let plain = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = plain.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for dressed in [
            plain.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ] {
            prop_assert_eq!(is_public(dressed.into()), is_public(plain.into()));
        }
        prop_assert!(!is_public(plain.to_ipv6_compatible().into()));
    }

    /// A number that a browser would take for an address is one here too.
    #[test]
    fn an_address_in_any_notation_is_seen(bits in any::<u32>()) {
        let plain = Ipv4Addr::from_bits(bits);
        for written in [format!("http://{bits}/v1"), format!("http://0x{bits:x}/v1"), format!("http://{plain}/v1")] {
            prop_assert_eq!(guard("").check(&written).is_ok(), is_public(plain.into()), "{}", written);
        }
    }

    #[test]
    fn nothing_that_is_typed_makes_it_panic(text in ".{0,60}") {
        let _ = guard("").check(&text);
        let _ = text.parse::<AllowList>();
    }
}

#[test]
fn an_address_is_http_without_anything_hidden_in_it() {
    for good in ["https://api.openai.com/v1", " http://1.1.1.1:8080 ", "https://[2606:4700::1111]/v1"] {
        guard("").check(good).expect(good);
    }
    for bad in [
        "",
        "api.openai.com",
        "ftp://1.1.1.1",
        "file:///etc/passwd",
        "https://key@api.openai.com",
        "https://a:b@c.de",
        "https://c.de/?key=1",
        "https://c.de/#x",
        "http://localhost:11434/v1",
        "http://LOCALHOST./",
        "http://a.localhost",
        "http://127.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest",
    ] {
        assert!(matches!(guard("").check(bad), Err(Error::Invalid { field: "api_endpoint", .. })), "{bad}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_every_address_it_has() {
    let url = "https://models.example/v1";
    assert_eq!(connects(&fickle("", &[&["1.1.1.1", "2606:4700::1111"]]), url).await, Ok(2));
    let private = Err(Refusal::Private { host: "models.example".into() });
    assert_eq!(connects(&fickle("", &[&["1.1.1.1", "10.0.0.1"]]), url).await, private);
    assert_eq!(connects(&fickle("", &[&["::ffff:127.0.0.1"]]), url).await, private);
    let unknown = Err(Refusal::Unknown { host: "models.example".into() });
    assert_eq!(connects(&fickle("", &[&[]]), url).await, unknown);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_again_at_each_connection() {
    let rebinding = fickle("", &[&["1.1.1.1"], &["127.0.0.1"]]);
    let url = "http://rebind.example/v1";
    assert_eq!(connects(&rebinding, url).await, Ok(1));
    assert_eq!(connects(&rebinding, url).await, Err(Refusal::Private { host: "rebind.example".into() }));
}

#[tokio::test]
async fn what_is_allowed_is_allowed_by_name_network_and_port() {
    let allowed = "ollama:11434, 10.1.0.0/16, 127.0.0.1:9000, [::1]:9000, fd00::/8";
    for good in [
        "http://10.1.2.3/v1",
        "http://10.1.2.3:8080/v1",
        "http://127.0.0.1:9000",
        "http://[::1]:9000",
        "http://[::ffff:127.0.0.1]:9000",
        "http://[fd00::7]/",
    ] {
        guard(allowed).check(good).expect(good);
    }
    for bad in ["http://10.2.0.1/", "http://127.0.0.1/", "http://127.0.0.1:9001", "http://[::1]/", "http://[fc00::7]/"]
    {
        guard(allowed).check(bad).expect_err(bad);
    }
    assert_eq!(connects(&fickle(allowed, &[&["172.18.0.3"]]), "http://ollama:11434/v1").await, Ok(1));
    assert!(connects(&fickle(allowed, &[&["172.18.0.3"]]), "http://ollama:22/v1").await.is_err());
    assert_eq!(connects(&fickle(allowed, &[&["10.1.9.9"]]), "http://elsewhere.example/v1").await, Ok(1));
    guard("localhost").check("http://localhost:11434/v1").expect("localhost is allowed by name");
    for wrong in ["10.0.0.0/99", "a b", "host:port", "http://x"] {
        assert_eq!(wrong.parse::<AllowList>(), Err(wrong.to_owned()));
    }
}
