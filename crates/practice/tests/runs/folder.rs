//! A data folder that was made with other contracts.

use bithedge_deploy::sender::{Blocks, Fee, Order, Sender};
use bithedge_devnet::Devnet;
use bithedge_practice::{Practice, key};
use bithedge_stacks::{MicroStx, NodeClient, Payload};
use bithedge_suite::Deployment;

use crate::net::config;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_other_contracts_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let devnet = Devnet::start(config(folder.path(), None)).await.unwrap();
    let client = NodeClient::new([devnet.url()]).unwrap();
    let key = key(0).unwrap();
    let network = Deployment::devnet().network().chain();
    let sender = Sender::new(&client, network, &key, Blocks::OnRequest(devnet.url()));
    let order = Order {
        what: "publishing something else".to_owned(),
        payload: Payload::SmartContract {
            name: "option-math".parse().unwrap(),
            source: "(define-read-only (put-price) u1)".to_owned(),
            clarity_version: None,
        },
        conditions: Vec::new(),
        fee: Fee::Fixed(MicroStx::new(10_000)),
    };
    sender.send(&[order], |_, _| ()).await.unwrap();
    devnet.shutdown().await.unwrap();

    let practice = Practice { attended: false, ..Practice::new(config(folder.path(), None)) };
    let error = practice.start().await.unwrap_err().to_string();
    println!("{error}");
    let path = folder.path().display().to_string();
    for part in [path.as_str(), "option-math", "Delete that folder", "--data-dir", "worth nothing"] {
        assert!(error.contains(part), "{part:?} is missing in: {error}");
    }
}
