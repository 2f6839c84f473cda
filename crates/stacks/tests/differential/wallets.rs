use bithedge_stacks::{Seed, TransactionVersion};
use serde::Deserialize;
use serde_json::json;

use super::official::Official;

/// The public mnemonics of every Clarinet devnet, with the addresses that its settings give.
const DEVNET: [(&str, &str); 10] = [
    (
        "twice kind fence tip hidden tilt action fragile skin nothing glory cousin \
         green tomorrow spring wrist shed math olympic multiply hip blue scout claw",
        "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM",
    ),
    (
        "sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt \
         pave pen trash pretty park cube fragile unaware remain midnight betray rebuild",
        "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
    ),
    (
        "hold excess usual excess ring elephant install account glad dry fragile donkey \
         gaze humble truck breeze nation gasp vacuum limb head keep delay hospital",
        "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG",
    ),
    (
        "cycle puppy glare enroll cost improve round trend wrist mushroom scorpion tower \
         claim oppose clever elephant dinosaur eight problem before frozen dune wagon high",
        "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC",
    ),
    (
        "board list obtain sugar hour worth raven scout denial thunder horse logic \
         fury scorpion fold genuine phrase wealth news aim below celery when cabin",
        "ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND",
    ),
    (
        "hurry aunt blame peanut heavy update captain human rice crime juice adult \
         scale device promote vast project quiz unit note reform update climb purchase",
        "ST2REHHS5J3CERCRBEPMGH7921Q6PYKAADT7JP2VB",
    ),
    (
        "area desk dutch sign gold cricket dawn toward giggle vibrant indoor bench \
         warfare wagon number tiny universe sand talk dilemma pottery bone trap buddy",
        "ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0",
    ),
    (
        "prevent gallery kind limb income control noise together echo rival record wedding \
         sense uncover school version force bleak nuclear include danger skirt enact arrow",
        "ST3PF13W7Z0RRM42A8VZRVFQ75SV1K26RXEP8YGKJ",
    ),
    (
        "female adjust gallery certain visit token during great side clown fitness like \
         hurt clip knife warm bench start reunion globe detail dream depend fortune",
        "ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP",
    ),
    (
        "shadow private easily thought say logic fault paddle word top book during \
         ignore notable orange flight clock image wealth health outside kitten belt reform",
        "STNHKEPYEPJ8ET55ZZ0M5A34J0R3N5FM2CMMMAZ6",
    ),
];

#[test]
fn devnet_mnemonics_have_the_well_known_addresses() {
    for (mnemonic, address) in DEVNET {
        let key = Seed::from_mnemonic(mnemonic, "").unwrap().account(0).unwrap();
        assert_eq!(key.address(TransactionVersion::Testnet).to_string(), address);
    }
}

#[derive(Debug, Deserialize)]
struct Wallet {
    mnemonic: String,
    accounts: Vec<Account>,
}

#[derive(Debug, Deserialize)]
struct Account {
    key: String,
    mainnet: String,
    testnet: String,
}

#[test]
fn random_mnemonics_have_the_same_keys_and_addresses() {
    let wallets: Vec<Wallet> = Official::start().ask(&json!({ "operation": "wallets", "count": 50 }));
    assert_eq!(wallets.len(), 50);
    for wallet in wallets {
        let seed = Seed::from_mnemonic(&wallet.mnemonic, "").unwrap();
        assert_eq!(wallet.accounts.len(), 2);
        for (number, account) in (0..).zip(&wallet.accounts) {
            let key = seed.account(number).unwrap();
            assert_eq!(hex::encode(*key.to_bytes()) + "01", account.key, "{}", wallet.mnemonic);
            assert_eq!(key.address(TransactionVersion::Mainnet).to_string(), account.mainnet);
            assert_eq!(key.address(TransactionVersion::Testnet).to_string(), account.testnet);
        }
    }
}
