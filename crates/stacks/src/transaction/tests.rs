use super::*;
use crate::address::{ContractId, Principal};
use crate::clarity::Value;
use crate::key::{PublicKey, SecretKey, SignatureError};

const KEY: &str = "753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601";

fn key() -> SecretKey {
    SecretKey::from_hex(KEY).unwrap()
}

/// The key with a number instead of its last digits.
fn key_number(number: usize) -> SecretKey {
    SecretKey::from_hex(&format!("{}{number:04x}01", &KEY[..60])).unwrap()
}

fn recipient() -> Principal {
    "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap()
}

fn transfer() -> TransactionBuilder {
    TransactionBuilder::transfer(Network::TESTNET, recipient(), MicroStx::new(5), Memo::text("hi").unwrap())
        .nonce(7)
        .fee(MicroStx::new(180))
}

fn contract() -> ContractId {
    "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool".parse().unwrap()
}

/// Signed by `@stacks/transactions` 7.6 with the same key.
const TRANSFER: &str = "0x808000000004006d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce000000000000000700000000000000b40001ffb7\
    a1ecbacff09fde9a764faf9e6315740879a911504c4ad26d3aa883822c3a410453965295349eb44242394e6ff38046ca\
    f69d1099465647326105f2c68d0d03020000000000051a7321b74e2b6a7e949e6c4ad313035b16650950170000000000\
    00000568690000000000000000000000000000000000000000000000000000000000000000";
const TRANSFER_ID: &str = "ccc9d93849711fdec3015e3de1ee4169438e36784e18f602d947374e3811c9b4";

#[test]
fn a_transfer_has_the_known_bytes() {
    let transaction = transfer().sign(&key()).unwrap();
    assert_eq!(transaction.encode_hex(), TRANSFER);
    assert_eq!(transaction.txid().to_string(), TRANSFER_ID);
    assert_eq!(Transaction::decode_hex(TRANSFER).as_ref(), Ok(&transaction));
    assert_eq!(transaction.verify(), Ok(()));
    assert_eq!(transaction.origin_address().to_string(), "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM");
}

#[test]
fn whatever_is_changed_after_signing_invalidates_the_signature() {
    let signed = transfer()
        .post_condition(PostCondition::Stx {
            principal: PostConditionPrincipal::Origin,
            code: FungibleCode::Le,
            amount: MicroStx::new(5),
        })
        .sign(&key())
        .unwrap();
    let changes: [fn(&mut Transaction); 8] = [
        |changed| changed.version = TransactionVersion::Mainnet,
        |changed| changed.chain_id = ChainId::MAINNET,
        |changed| changed.anchor_mode = AnchorMode::OnChainOnly,
        |changed| changed.post_condition_mode = PostConditionMode::Allow,
        |changed| changed.post_conditions.clear(),
        |changed| changed.payload = Payload::Coinbase { data: [0; 32] },
        |changed| {
            let Authorization::Standard(SpendingCondition::SingleSig(single)) = &mut changed.auth else {
                panic!()
            };
            single.nonce += 1;
        },
        |changed| {
            let Authorization::Standard(SpendingCondition::SingleSig(single)) = &mut changed.auth else {
                panic!()
            };
            single.fee = MicroStx::new(181);
        },
    ];
    assert_eq!(signed.verify(), Ok(()));
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = signed.clone();
        change(&mut changed);
        assert!(
            matches!(changed.verify(), Err(VerifyError::SignerMismatch { role: Role::Origin, .. })),
            "{number}"
        );
        assert_ne!(changed.txid(), signed.txid());
    }
}

#[test]
fn a_high_s_is_refused() {
    let mut transaction = transfer().sign(&key()).unwrap();
    let Authorization::Standard(SpendingCondition::SingleSig(single)) = &mut transaction.auth else {
        panic!()
    };
    let s = secp256k1::SecretKey::from_slice(&single.signature.0[33..]).unwrap().negate();
    single.signature.0[33..].copy_from_slice(&s.secret_bytes());
    single.signature.0[0] ^= 1;
    let expected = VerifyError::Signature { role: Role::Origin, source: SignatureError::HighS };
    assert_eq!(transaction.verify(), Err(expected));
}

#[test]
fn only_the_account_s_key_signs_for_it() {
    let condition = SpendingCondition::single_sig(key().public_key(), SingleSigHashMode::P2pkh).unwrap();
    let mut unsigned = transfer().unsigned(condition).unwrap();
    assert!(matches!(unsigned.sign(&key_number(1)), Err(SignError::WrongKey { .. })));
    assert_eq!(unsigned.signatures_missing(), 1);
    assert_eq!(unsigned.append_public_key(key().public_key()), Err(SignError::NotMultiSig));
    unsigned.sign(&key()).unwrap();
    assert_eq!(unsigned.sign(&key()), Err(SignError::Complete(1)));
    assert_eq!(unsigned.finish().unwrap(), transfer().sign(&key()).unwrap());
}

fn keys(count: usize) -> (Vec<SecretKey>, Vec<PublicKey>) {
    let secrets: Vec<SecretKey> = (1..=count).map(key_number).collect();
    let publics = secrets.iter().map(|key| *key.public_key()).collect();
    (secrets, publics)
}

const MULTI_SIG_MODES: [MultiSigHashMode; 4] = [
    MultiSigHashMode::P2sh,
    MultiSigHashMode::P2wsh,
    MultiSigHashMode::P2shOrderIndependent,
    MultiSigHashMode::P2wshOrderIndependent,
];

#[test]
fn several_signers_hand_a_transaction_on_as_bytes() {
    for mode in MULTI_SIG_MODES {
        let (secrets, publics) = keys(3);
        let condition = SpendingCondition::multi_sig(&publics, 2, mode).unwrap();
        let first = transfer().unsigned(condition).unwrap();
        assert!(Transaction::decode(&first.encode()).is_err(), "a node takes no unsigned ones");
        let mut second = UnsignedTransaction::decode(&first.encode()).unwrap();
        second.sign(&secrets[0]).unwrap();
        let mut third = UnsignedTransaction::decode(&second.encode()).unwrap();
        third.append_public_key(&publics[1]).unwrap();
        assert!(third.clone().finish().is_err());
        let mut fourth = UnsignedTransaction::decode(&third.encode()).unwrap();
        assert_eq!(fourth.signatures_missing(), 1);
        fourth.sign(&secrets[2]).unwrap();
        let transaction = fourth.finish().unwrap();
        assert_eq!(transaction.verify(), Ok(()));
        assert_eq!(Transaction::decode(&transaction.encode()).as_ref(), Ok(&transaction));
        assert!(transaction.origin_address().to_string().starts_with("SN"));
    }
}

#[test]
fn keys_in_another_order_are_another_account() {
    for mode in MULTI_SIG_MODES {
        let (secrets, publics) = keys(2);
        let condition = SpendingCondition::multi_sig(&publics, 2, mode).unwrap();
        let mut unsigned = transfer().unsigned(condition).unwrap();
        unsigned.sign(&secrets[1]).unwrap();
        unsigned.sign(&secrets[0]).unwrap();
        let error = unsigned.finish().unwrap_err();
        assert!(matches!(error, SignError::Verify(VerifyError::SignerMismatch { .. })), "{mode:?}: {error}");
    }
}

/// Signatures of a sequential account cover those before; of an order-independent one they do not.
#[test]
fn order_matters_only_where_it_should() {
    for mode in MULTI_SIG_MODES {
        let (secrets, publics) = keys(2);
        let condition = SpendingCondition::multi_sig(&publics, 2, mode).unwrap();
        let sign = |order: [usize; 2]| {
            let mut unsigned = transfer().unsigned(condition.clone()).unwrap();
            for number in order {
                unsigned.sign(&secrets[number]).unwrap();
            }
            let mut transaction = unsigned.transaction().clone();
            let Authorization::Standard(SpendingCondition::MultiSig(multi)) = &mut transaction.auth else {
                panic!()
            };
            if order == [1, 0] {
                multi.fields.reverse();
            }
            transaction
        };
        assert_eq!(sign([0, 1]).verify(), Ok(()));
        assert_eq!(sign([1, 0]).verify().is_ok(), mode.is_order_independent(), "{mode:?}");
    }
}

/// From seventeen on, scripts write numbers as bytes instead of opcodes; the JavaScript client ends at fifteen.
#[test]
fn accounts_may_have_many_keys() {
    for count in [16, 17, 130] {
        let (secrets, publics) = keys(count);
        let required = u16::try_from(count).unwrap();
        let condition = SpendingCondition::multi_sig(&publics, required, MultiSigHashMode::P2wsh).unwrap();
        let mut unsigned = transfer().unsigned(condition).unwrap();
        for secret in &secrets {
            unsigned.sign(secret).unwrap();
        }
        assert_eq!(unsigned.finish().unwrap().verify(), Ok(()));
    }
}

#[test]
fn impossible_accounts_are_not_made() {
    let (_, publics) = keys(2);
    for required in [0, 3] {
        let error = SpendingCondition::multi_sig(&publics, required, MultiSigHashMode::P2sh).unwrap_err();
        assert_eq!(error, BuildError::SignaturesRequired { required, keys: 2 });
    }
    let uncompressed = publics[0].with_encoding(KeyEncoding::Uncompressed);
    let segwit = SpendingCondition::single_sig(&uncompressed, SingleSigHashMode::P2wpkh);
    assert_eq!(segwit, Err(BuildError::UncompressedKey));
    let segwit = SpendingCondition::multi_sig(&[uncompressed], 1, MultiSigHashMode::P2wsh);
    assert_eq!(segwit, Err(BuildError::UncompressedKey));
}

#[test]
fn a_sponsor_pays_and_signs_after_the_origin() {
    let origin = SpendingCondition::single_sig(key().public_key(), SingleSigHashMode::P2pkh).unwrap();
    let mut unsigned = transfer().fee(MicroStx::ZERO).sponsored(origin).unwrap();
    unsigned.sign(&key()).unwrap();
    let by_origin = unsigned.finish().unwrap();
    let payer = key_number(9);
    let sponsor = SpendingCondition::single_sig(payer.public_key(), SingleSigHashMode::P2wpkh).unwrap();
    let mut unsigned =
        UnsignedTransaction::sponsor(by_origin.clone(), sponsor.clone(), 3, MicroStx::new(400)).unwrap();
    unsigned.sign(&payer).unwrap();
    let transaction = unsigned.finish().unwrap();
    assert_eq!(transaction.verify(), Ok(()));
    assert_eq!((transaction.fee(), transaction.payer_nonce()), (MicroStx::new(400), 3));
    assert_eq!((transaction.origin_nonce(), transaction.origin_address()), (7, by_origin.origin_address()));
    assert_eq!(transaction.sponsor_address(), Some(transaction.payer_address()));

    // The origin's part is not valid for anything else, and without it nobody sponsors.
    let mut standard = transaction.clone();
    standard.auth = Authorization::Standard(transaction.auth.origin().clone());
    assert!(standard.verify().is_err());
    let plain = transfer().sign(&key()).unwrap();
    let refused = UnsignedTransaction::sponsor(plain, sponsor.clone(), 0, MicroStx::ZERO);
    assert_eq!(refused, Err(BuildError::NotSponsored));
    let mut forged = by_origin;
    forged.payload = Payload::Coinbase { data: [0; 32] };
    forged.anchor_mode = AnchorMode::OnChainOnly;
    let refused = UnsignedTransaction::sponsor(forged, sponsor, 0, MicroStx::ZERO);
    assert!(matches!(refused, Err(BuildError::Origin(_))));
}

#[test]
fn nothing_is_signed_that_a_node_would_not_read() {
    let call = |args| {
        TransactionBuilder::call(Network::TESTNET, contract(), "f".parse().unwrap(), args).sign(&key())
    };
    assert!(call(vec![Value::UInt(1)]).is_ok());
    assert!(matches!(
        call(vec![Value::list([Value::Int(1), Value::UInt(1)])]),
        Err(BuildError::Unreadable(_))
    ));
    assert!(matches!(call(vec![Value::Tuple([].into())]), Err(BuildError::Unreadable(_))));
    assert!(matches!(call(vec![Value::StringAscii("ä".to_owned())]), Err(BuildError::Unreadable(_))));
    let deploy = |name: &str, source: &str| {
        TransactionBuilder::deploy(Network::TESTNET, name.parse().unwrap(), source, None).sign(&key())
    };
    assert!(deploy(&"a".repeat(40), "(ok 1)\n\t").is_ok());
    assert!(matches!(deploy(&"a".repeat(41), "(ok 1)"), Err(BuildError::Unreadable(_))));
    assert!(matches!(deploy("a", "(ok u\"ä\")"), Err(BuildError::Unreadable(_))));
    assert!(matches!(deploy("a", "(ok 1)\r\n"), Err(BuildError::Unreadable(_))));
}

#[test]
fn anything_but_the_highest_bit_of_the_version_is_ignored() {
    let transaction = transfer().sign(&key()).unwrap();
    let mut bytes = transaction.encode();
    bytes[0] = 0xff;
    let read = Transaction::decode(&bytes).unwrap();
    assert_eq!(read.txid(), transaction.txid());
    assert_eq!(read.verify(), Ok(()));
}

#[test]
fn miners_transactions_must_be_anchored() {
    let coinbase = TransactionBuilder::new(Network::TESTNET, Payload::Coinbase { data: [1; 32] });
    assert!(coinbase.clone().sign(&key()).is_err());
    let anchored = coinbase.anchor_mode(AnchorMode::OnChainOnly).sign(&key()).unwrap();
    assert!(anchored.payload.is_miner_only());
}

#[test]
fn microblock_headers_must_prove_a_fork() {
    let header = |sequence: u8, parent: u8, root: u8| {
        let mut bytes = [0; 132];
        bytes[2] = sequence;
        bytes[3] = parent;
        bytes[40] = root;
        Box::new(MicroblockHeader(bytes))
    };
    let prove = |first, second| {
        let payload = Payload::PoisonMicroblock { first, second };
        TransactionBuilder::new(Network::TESTNET, payload).anchor_mode(AnchorMode::OnChainOnly).sign(&key())
    };
    assert!(prove(header(1, 1, 1), header(1, 2, 1)).is_ok());
    assert!(prove(header(1, 1, 1), header(2, 1, 1)).is_ok());
    assert!(prove(header(1, 1, 1), header(1, 1, 2)).is_ok());
    assert!(prove(header(1, 1, 1), header(1, 1, 1)).is_err());
    assert!(prove(header(1, 1, 1), header(2, 2, 1)).is_err());
}

#[test]
fn memos_hold_34_bytes() {
    assert!(Memo::text(&"a".repeat(34)).is_ok());
    let error = Memo::text(&"ä".repeat(18)).unwrap_err();
    assert_eq!(error.to_string(), "a memo has at most 34 bytes, this one has 36");
    assert!(Memo::text("").unwrap().is_empty());
}

#[test]
fn comparisons_are_those_of_the_codes() {
    for (code, [below, equal, above]) in [
        (FungibleCode::Eq, [false, true, false]),
        (FungibleCode::Gt, [false, false, true]),
        (FungibleCode::Ge, [false, true, true]),
        (FungibleCode::Lt, [true, false, false]),
        (FungibleCode::Le, [true, true, false]),
    ] {
        assert_eq!([4, 5, 6].map(|sent| code.holds(sent, 5)), [below, equal, above], "{code:?}");
    }
    // What was sent can be more than a condition can name.
    assert!(FungibleCode::Gt.holds(u128::MAX, u64::MAX));
}

#[test]
fn ids_are_read_with_and_without_prefix() {
    let id = transfer().sign(&key()).unwrap().txid();
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(format!("0x{id}").parse(), Ok(id));
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"0x{id}\""));
    assert_eq!(serde_json::from_str::<Txid>(&json).unwrap(), id);
    for bad in ["", "0x", &id.to_string()[1..], &format!("{id}00")] {
        assert!(bad.parse::<Txid>().is_err(), "{bad}");
    }
}
