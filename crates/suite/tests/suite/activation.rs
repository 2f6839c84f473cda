//! Activations while prices move: paid at what is worse for the owner, latest price or half-hour average.

use bithedge_suite_world::{BTC, STX, USD};

use crate::model::{DAY, Order, Place, Token, boundary_before};
use crate::play::Play;

#[test]
fn an_activation_takes_the_worse_of_latest_and_average() {
    let mut play = Play::new();
    for token in Token::ALL {
        play.restart(1);
        let place = Place { tier: 3, token };
        play.commit(1, place, 10 * Play::whole(token));
        play.next_boundary(3);
        play.catch_up_as_keeper();
        let friday = (boundary_before(play.now()) - 115_200) / (7 * DAY) * 7 * DAY + 115_200 + 14 * DAY;
        let thousand = 1_000 * USD;
        for size in [BTC, BTC + 1] {
            let max_cost = 1_000_000 * STX;
            let order = Order { place, strike: 100 * thousand, expiry: friday, size, max_cost };
            assert!(play.buy(0, &order));
        }
        play.next_boundary(3);
        play.catch_up_as_keeper();
        // Falling, the average is above the latest; rising again, below it.
        for (id, btc, stx_cents) in [(1, 80, 85), (2, 88, 96)] {
            play.walk(btc * thousand, stx_cents * USD / 100);
            let pricing = play.pricing().unwrap();
            assert_eq!(pricing.btc_twap > pricing.btc, id == 1, "{pricing:?}");
            assert_eq!(pricing.stx_twap > pricing.stx, id == 1, "{pricing:?}");
            play.activate(0, id);
            assert!(!play.model.policies[id - 1].is_active, "{token:?}: policy {id} was not activated");
        }
        play.compare_all();
    }
}
