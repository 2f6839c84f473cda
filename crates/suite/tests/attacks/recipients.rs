//! Somebody whom a token refuses to pay.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::*;

use crate::support::{list_token, turncoat, turncoat_project};

/// What the token says to somebody it refuses.
const REFUSED_BY_TOKEN: u128 = 777;

fn balance(w: &mut World, token: &Value, owner: Address) -> u128 {
    let name = token.as_principal().unwrap().to_string();
    let answer = w.vm.read(&name, "get-balance", &[who(owner)]).unwrap();
    answer.ok().unwrap().as_uint().unwrap()
}

#[test]
pub(crate) fn a_recipient_that_refuses_blocks_nobody() {
    let mut w = crate::bootstrap::before_hand_over(turncoat_project());
    let token = list_token(&mut w);
    w.open();
    let (refuser, others) = (w.stranger, [w.irene, w.ivan]);
    // The one who will be refused comes first everywhere: in the queue, among the policies, as keeper.
    for one in [refuser, others[0], others[1]] {
        w.commit(one, BALANCED, &token, 1_000_000 * STX);
    }
    w.next_boundary();
    w.close(BALANCED, &token).ok().unwrap();
    let expiry = w.expiry(2);
    for buyer in [refuser, w.peter] {
        let mut args = vec![token.clone()];
        let rest = [BALANCED, PUT, 90_000 * USD, expiry.into(), BTC, 1_000_000_000_000_000];
        args.extend(rest.map(u));
        w.registry(buyer, "purchase-protection", &args).ok().unwrap();
    }
    for one in [refuser, others[0], others[1]] {
        let shares = num(&w.position(BALANCED, &token, one), "shares");
        w.pool(one, "request-withdrawal", &[u(BALANCED), token.clone(), u(shares / 2)]).ok().unwrap();
    }
    turncoat(&mut w, "refuse-one", refuser);

    // The close fills all three of the queue; the two others are paid.
    w.next_boundary();
    w.pool(refuser, "close-epoch", &[u(BALANCED), token.clone()]).ok().unwrap();
    let filled =
        [refuser, others[0], others[1]].map(|one| num(&w.position(BALANCED, &token, one), "claimable"));
    assert!(filled.iter().all(|one| *one > 300_000 * STX && one.abs_diff(filled[0]) < 10), "{filled:?}");
    let claim = [u(BALANCED), token.clone(), who(refuser)];
    for by in [refuser, w.keeper] {
        let refused = w.pool(by, "claim-withdrawal", &claim);
        assert_eq!(refused.err_code().unwrap(), REFUSED_BY_TOKEN);
    }
    for one in others {
        let before = balance(&mut w, &token, one);
        w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), token.clone(), who(one)]).ok().unwrap();
        assert_eq!(balance(&mut w, &token, one) - before, filled[1]);
    }

    // The expiry is settled though he is the first in it, and the other holder is paid.
    w.move_price(92_000 * USD);
    w.move_price(85_000 * USD);
    w.next_boundary();
    while w.vm.now().unwrap() < expiry {
        w.close(BALANCED, &token).ok().unwrap();
        w.next_boundary();
    }
    w.registry(refuser, "settle-expiry", &[u(BALANCED), token.clone(), u(expiry.into())]).ok().unwrap();
    let refused = w.registry(w.keeper, "claim-settlement", &[u(1), token.clone()]);
    assert_eq!(refused.err_code().unwrap(), REFUSED_BY_TOKEN);
    let peter = w.peter;
    let before = balance(&mut w, &token, peter);
    let paid = w.registry(w.keeper, "claim-settlement", &[u(2), token.clone()]);
    let paid = paid.ok().unwrap().as_uint().unwrap();
    assert_eq!(paid, 5_000 * STX, "5,000 USD at 1 USD");
    assert_eq!(balance(&mut w, &token, peter) - before, paid);
    // His bounties wait like everything else of his; the keeper's are paid. The epoch is closed.
    let credit = w.pool(w.keeper, "claim-credit", &[token.clone(), who(refuser)]);
    assert_eq!(credit.err_code().unwrap(), REFUSED_BY_TOKEN);
    w.pool(w.keeper, "claim-credit", &[token.clone(), who(w.keeper)]).ok().unwrap();
    w.close(BALANCED, &token).ok().unwrap();

    // Nothing of it is lost to him: when the token takes him again, he is paid.
    turncoat(&mut w, "", refuser);
    let before = balance(&mut w, &token, refuser);
    w.pool(w.keeper, "claim-withdrawal", &claim).ok().unwrap();
    w.registry(w.keeper, "claim-settlement", &[u(1), token.clone()]).ok().unwrap();
    let credit = w.pool(w.keeper, "claim-credit", &[token.clone(), who(refuser)]);
    let credit = credit.ok().unwrap().as_uint().unwrap();
    assert!(credit > 0);
    assert_eq!(balance(&mut w, &token, refuser) - before, filled[0] + paid + credit);
    w.check_books();
}
