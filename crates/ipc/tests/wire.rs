//! The wire form is a contract between two separately compiled halves: these tests pin it.

use bithedge_ipc::{
    AccountBalance, ChainId, ChainSnapshot, ChainStatus, Connection, Event, Fault, Network, Notice,
    Preferences, Reorg, Theme, Tip,
};
use bithedge_protocol::{BlockHeight, BurnHeight, MicroStx, UnixSeconds};
use serde_json::json;

fn snapshot() -> ChainSnapshot {
    ChainSnapshot {
        revision: 7,
        status: ChainStatus {
            endpoint: Some("http://127.0.0.1:20443".into()),
            network: Some(Network::Devnet),
            chain_id: Some(ChainId(0x8000_0000)),
            tip: Some(Tip {
                height: BlockHeight::new(u64::MAX),
                hash: "ab".repeat(32),
                burn_height: BurnHeight::new(12),
                time: UnixSeconds::new(1_700_000_000),
            }),
            read_at: Some(UnixSeconds::new(1_700_000_001)),
            reorg: Some(Reorg {
                from: BlockHeight::new(9),
                to: BlockHeight::new(8),
                noticed: UnixSeconds::new(1_700_000_000),
            }),
            connection: Connection::Stale {
                since: UnixSeconds::new(1_700_000_002),
                notice: Notice {
                    fault: Fault::NodeSlow,
                    happened: "a".into(),
                    means: "b".into(),
                    remedy: "c".into(),
                    detail: String::new(),
                },
            },
        },
        balances: vec![AccountBalance {
            address: "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".into(),
            stx: Some(MicroStx::MAX),
            sbtc: None,
        }],
    }
}

#[test]
fn an_event_survives_the_crossing_with_every_digit() {
    let event = Event::Chain(snapshot());
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}

#[test]
fn events_are_named_and_quantities_are_strings() {
    let value = serde_json::to_value(Event::Chain(snapshot())).unwrap();
    let data = &value["chain"];
    assert_eq!(data["status"]["tip"]["height"], "18446744073709551615");
    assert_eq!(data["status"]["connection"]["stale"]["notice"]["fault"], "node_slow");
    assert_eq!(data["balances"][0]["stx"], "340282366920938463463374607431768211455");
    assert_eq!(data["balances"][0]["sbtc"], serde_json::Value::Null, "unknown is not zero");
}

#[test]
fn preferences_from_an_older_version_keep_what_they_say() {
    assert_eq!(serde_json::from_value::<Preferences>(json!({})).unwrap(), Preferences::default());
    let dark = serde_json::from_value::<Preferences>(json!({"theme": "dark", "unknown": 1})).unwrap();
    assert_eq!(dark.theme, Theme::Dark);
    assert!(serde_json::from_value::<Preferences>(json!({"theme": "neon"})).is_err());
}

#[test]
fn chain_ids_read_as_the_standard_writes_them() {
    assert_eq!(ChainId(1).to_string(), "0x00000001");
    assert_eq!(ChainId(0x8000_0000).to_string(), "0x80000000");
}
