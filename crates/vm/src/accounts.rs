//! The accounts that are funded: the ones that every Clarinet project knows.
//!
//! Their mnemonics are public; an address made from them is worth nothing anywhere else.

use serde::Serialize;

/// One funded account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Clarinet's name for it: `deployer`, `wallet_1` … `wallet_8`, `faucet`.
    pub label: &'static str,
    /// Its public BIP-39 mnemonic; account 0 of the Stacks derivation path.
    pub mnemonic: &'static str,
    /// Its testnet address.
    pub address: &'static str,
    /// STX at genesis, in micro-STX.
    #[serde(serialize_with = "as_text")]
    pub micro_stx: u64,
    /// sBTC at genesis, in satoshis.
    #[serde(serialize_with = "as_text")]
    pub sats: u64,
}

fn as_text<S: serde::Serializer>(amount: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// 100 million STX, as on Clarinet's devnet.
const STX: u64 = 100_000_000_000_000;
/// 10 sBTC, as on Clarinet's devnet.
const SBTC: u64 = 1_000_000_000;

/// One billion STX for the faucet to give away.
const FAUCET_STX: u64 = 1_000_000_000_000_000;
/// One million sBTC for the faucet to give away.
const FAUCET_SBTC: u64 = 100_000_000_000_000;

/// The funded accounts, in Clarinet's order; the last is the faucet's.
pub const ACCOUNTS: [Account; 10] = [
    Account {
        label: "deployer",
        mnemonic: "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring wrist shed math olympic multiply hip blue scout claw",
        address: "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_1",
        mnemonic: "sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen trash pretty park cube fragile unaware remain midnight betray rebuild",
        address: "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_2",
        mnemonic: "hold excess usual excess ring elephant install account glad dry fragile donkey gaze humble truck breeze nation gasp vacuum limb head keep delay hospital",
        address: "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_3",
        mnemonic: "cycle puppy glare enroll cost improve round trend wrist mushroom scorpion tower claim oppose clever elephant dinosaur eight problem before frozen dune wagon high",
        address: "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_4",
        mnemonic: "board list obtain sugar hour worth raven scout denial thunder horse logic fury scorpion fold genuine phrase wealth news aim below celery when cabin",
        address: "ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_5",
        mnemonic: "hurry aunt blame peanut heavy update captain human rice crime juice adult scale device promote vast project quiz unit note reform update climb purchase",
        address: "ST2REHHS5J3CERCRBEPMGH7921Q6PYKAADT7JP2VB",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_6",
        mnemonic: "area desk dutch sign gold cricket dawn toward giggle vibrant indoor bench warfare wagon number tiny universe sand talk dilemma pottery bone trap buddy",
        address: "ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_7",
        mnemonic: "prevent gallery kind limb income control noise together echo rival record wedding sense uncover school version force bleak nuclear include danger skirt enact arrow",
        address: "ST3PF13W7Z0RRM42A8VZRVFQ75SV1K26RXEP8YGKJ",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "wallet_8",
        mnemonic: "female adjust gallery certain visit token during great side clown fitness like hurt clip knife warm bench start reunion globe detail dream depend fortune",
        address: "ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP",
        micro_stx: STX,
        sats: SBTC,
    },
    Account {
        label: "faucet",
        mnemonic: "shadow private easily thought say logic fault paddle word top book during ignore notable orange flight clock image wealth health outside kitten belt reform",
        address: "STNHKEPYEPJ8ET55ZZ0M5A34J0R3N5FM2CMMMAZ6",
        micro_stx: FAUCET_STX,
        sats: FAUCET_SBTC,
    },
];
