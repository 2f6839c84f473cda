//! Dates, and the steps of a day.

use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_replay::prices::{Date, Day};
use proptest::prelude::*;

use crate::{date, read, usd};

#[test]
fn a_date_is_a_day_that_exists() {
    let mut day = date("1970-01-01");
    assert_eq!(day.start(), UnixSeconds::new(0));
    for count in 0..90_000 {
        assert_eq!(day.start().get(), count * 86_400);
        assert_eq!(date(&day.to_string()), day);
        day = day.next().unwrap();
    }
    assert_eq!(date("2020-03-05").start(), UnixSeconds::new(1_583_366_400));
    assert_eq!(date("2020-03-01").days_since(date("2020-02-28")), Some(2));
    assert_eq!(date("2020-02-28").days_since(date("2020-03-01")), None);
    let last = date("9999-12-31");
    assert_eq!((last.next(), last.start().to_string().as_str()), (None, "9999-12-31 00:00:00 UTC"));
    for text in [
        "",
        "2020",
        "2020-03",
        "2020-3-05",
        "2020-03-5",
        "20-03-05",
        "2020-13-01",
        "2020-00-01",
        "2020-01-00",
        "2020-04-31",
        "2021-02-29",
        "1900-02-29",
        "1969-12-31",
        "10000-01-01",
        "+200-01-01",
        "2020/03/05",
        "2020-03-05-01",
        "2020-03-05T00:00",
        " 2020-03-05",
        "٢٠٢٠-03-05",
        "-2020-03-05",
    ] {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
    assert!(Date::new(2020, u32::MAX, 1).is_err() && Date::new(u32::MAX, 1, 1).is_err());
}

/// Expected prices computed with fifty digits from the definition.
#[test]
fn a_day_is_played_from_one_boundary_to_the_next_with_its_low_in_the_middle() {
    let day = Day {
        date: date("2020-03-12"),
        open: usd("7911.43"),
        low: usd("4860.35"),
        close: usd("4970.79"),
        stx_open: usd("0.25"),
        stx_low: usd("0.16"),
        stx_close: usd("0.2"),
    };
    let steps = day.steps();
    let times: Vec<_> = steps.iter().map(|step| step.at.to_string()[5..16].to_owned()).collect();
    assert_eq!(
        times,
        [
            "03-12 12:00",
            "03-12 16:00",
            "03-12 19:30",
            "03-12 19:40",
            "03-12 19:50",
            "03-12 20:00",
            "03-12 23:30",
            "03-12 23:40",
            "03-12 23:50",
            "03-13 00:00",
            "03-13 04:00",
            "03-13 05:00",
            "03-13 06:00",
            "03-13 07:00",
            "03-13 07:30",
            "03-13 07:40",
            "03-13 07:50",
            "03-13 08:00"
        ]
    );
    assert_eq!(day.begins().to_string(), "2020-03-12 08:00:00 UTC");
    // The day ends where the next begins.
    assert_eq!(steps[17].at, Day { date: date("2020-03-13"), ..day }.begins());
    let after = |step: usize| steps[step].at.get() - day.begins().get();
    assert_eq!([5, 9, 17].map(after), [Day::LOW_AT, Day::LATER, Day::CLOSE_AT]);
    let expected: [u128; 18] = [
        672_551_957_975,
        571_737_519_229,
        496_002_297_364,
        492_657_358_022,
        489_334_976_275,
        486_035_000_000,
        489_230_574_342,
        489_383_267_523,
        489_536_008_360,
        489_688_796_869,
        493_370_061_373,
        494_294_693_480,
        495_221_058_455,
        496_149_159_543,
        496_613_862_147,
        496_768_859_717,
        496_923_905_663,
        497_079_000_000,
    ];
    for (step, expected) in steps.iter().zip(expected) {
        assert!(step.btc.base_units().abs_diff(expected) <= 3, "{step:?} {expected}");
    }
    assert_eq!((steps[5].btc, steps[5].stx), (day.low, day.stx_low));
    assert_eq!((steps[17].btc, steps[17].stx), (day.close, day.stx_close));
    assert!(steps[..6].is_sorted_by(|a, b| a.stx > b.stx) && steps[5..].is_sorted_by(|a, b| a.stx < b.stx));

    let straight = Day { low: usd("7911.43"), close: usd("9078.76"), ..day };
    let expected: [u128; 18] = [
        809_500_113_724,
        828_283_172_726,
        845_075_521_591,
        845_883_594_901,
        846_692_440_902,
        847_502_060_333,
        864_684_046_795,
        865_510_870_057,
        866_338_483_940,
        867_166_889_198,
        887_288_006_623,
        892_390_816_423,
        897_522_972_576,
        902_684_643_854,
        905_276_600_672,
        906_142_239_115,
        907_008_705_294,
        907_876_000_000,
    ];
    for (step, expected) in straight.steps().iter().zip(expected) {
        assert!(step.btc.base_units().abs_diff(expected) <= 3, "{step:?} {expected}");
    }
    // Nothing moves on a day without movement.
    let still = Day { low: day.open, close: day.open, stx_close: day.stx_open, ..day };
    assert!(still.steps().iter().all(|step| (step.btc, step.stx) == (day.open, day.stx_open)));
}

#[test]
fn given_stx_dips_with_btc() {
    let text = "date,low_usd,close_usd,stx_usd\n2020-01-01,,8000,0.25\n2020-01-02,5000,6000,0.20\n2020-01-03,,5000,0.3\n2020-01-04,,9000,0.4\n";
    let days = read(text).unwrap().days;
    // √(0.25 · 0.20) · 5000 / √(8000 · 6000), with fifty digits.
    assert_eq!(days[1].stx_low, usd("0.16137431"));
    // BTC's low is its close on the next day, and its open on the last.
    assert_eq!((days[2].stx_low, days[3].stx_low), (usd("0.3"), usd("0.3")));
}

proptest! {
    /// Also where there are no prices: a day is a plain struct.
    #[test]
    fn every_day_has_its_steps_between_its_prices(prices in prop::array::uniform6(any_price())) {
        let [open, low, close, stx_open, stx_low, stx_close] = prices.map(UsdE8::new);
        let day = Day { date: date("9999-12-31"), open, low, close, stx_open, stx_low, stx_close };
        let steps = day.steps();
        prop_assert_eq!(steps.len(), 18);
        let (least, most) = (open.min(close).min(low), open.max(close));
        prop_assert!(steps.iter().all(|step| (least..=most).contains(&step.btc)));
        prop_assert_eq!((steps[17].btc, steps[17].stx), (close, stx_close));
        if day.dips() {
            prop_assert_eq!(steps[5].btc, low);
        } else if open <= close {
            prop_assert!(steps.is_sorted_by_key(|step| step.btc));
        } else {
            prop_assert!(steps.is_sorted_by(|a, b| a.btc >= b.btc));
        }
    }
}

fn any_price() -> impl Strategy<Value = u128> {
    prop_oneof![0_u128..3, 1_u128..=100_000_000_000_000_000, any::<u128>()]
}
