//! What the window computes when somebody moves a slider: the same work natively and in WebAssembly, for the measuring
//! programs `redraw_bench` and `redraw_bench_wasm`.

mod market;

use std::error::Error;
use std::fmt::Write as _;

use bithedge_charts::{Chart, Frame, Payoff, Theme, payoff};
use bithedge_protocol::math::{self, SeriesEntry};
use bithedge_protocol::pool::{Market, Order, Quote, SaleRefusal};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, UnixSeconds, UsdE8, UsdE12};

/// Quotes of one redraw.
const QUOTES: usize = 200;
/// What is protected: half a BTC.
const SIZE: Sats = Sats::new(50_000_000);
/// The frame that is measured.
const FRAME: Frame<'static> = Frame { id: "payoff", width: 960, theme: Theme::Light };
/// Others in which the picture has to be the same everywhere.
const NARROW: Frame<'static> = Frame { id: "narrow", width: 320, theme: Theme::Dark };
const WIDE: Frame<'static> = Frame { id: "wide", width: 1_600, theme: Theme::Dark };

/// A book of puts on one BTC, with one spot and one term.
pub(crate) struct Book {
    pub(crate) spot: UsdE8,
    pub(crate) term: Seconds,
    pub(crate) entries: Vec<SeriesEntry>,
}

impl Book {
    /// 64 strikes from 50 to 113 % of spot, so that no part of the arithmetic is skipped: those of the example
    /// `option_price_bench`.
    pub(crate) fn new() -> Self {
        const USD: u128 = 100_000_000;
        let entry = |n: u128| SeriesEntry {
            strike: UsdE8::new((30_000 + 600 * n) * USD),
            volatility: Ppm::new(500_000 + 7_000 * n),
        };
        Self {
            spot: UsdE8::new(60_000 * USD),
            term: Seconds::new(30 * 86_400),
            entries: (0..64).map(entry).collect(),
        }
    }

    /// The prices, each asked for by itself.
    pub(crate) fn prices(&self) -> impl Iterator<Item = Result<UsdE12, math::MathError>> {
        let price = |entry: &SeriesEntry| {
            math::put_price(std::hint::black_box(self.spot), entry.strike, entry.volatility, self.term)
        };
        self.entries.iter().map(price)
    }

    /// Prices everything once. The sum of the prices, by which one sees that it was done.
    pub(crate) fn pass(&self) -> Result<u64, Box<dyn Error>> {
        let sum =
            self.prices().try_fold(0, |sum, price| Ok::<_, math::MathError>(sum + price?.base_units()))?;
        Ok(u64::try_from(sum)?)
    }
}

/// A strike that is on offer.
struct Rung {
    tier: u8,
    strike: UsdE8,
    longest: Seconds,
}

/// A market, and every place that the sliders for strike and expiry can stand at.
pub(crate) struct Sweep {
    market: Market,
    /// All tiers' strikes, the lowest first.
    rungs: Vec<Rung>,
    expiries: Vec<UnixSeconds>,
    /// Indices of a rung and of an expiry that it is sold for.
    places: Vec<(usize, usize)>,
}

/// What one movement of a slider asks for.
pub(crate) struct Redraw {
    quotes: Vec<Quote>,
    chart: Chart,
}

impl Redraw {
    /// The sum of what is asked, and how long the picture is: by them one sees that it was done.
    pub(crate) fn checksum(&self) -> Result<u64, Box<dyn Error>> {
        let totals: u128 = self.quotes.iter().map(|quote| quote.total.base_units()).sum();
        Ok(u64::try_from(totals)?.wrapping_add(u64::try_from(self.chart.svg.len())?))
    }
}

impl Sweep {
    pub(crate) fn new() -> Self {
        let market = market::market();
        let rungs: Vec<Rung> = market
            .tiers
            .iter()
            .flat_map(|terms| {
                let rung = |strike| Rung { tier: terms.tier, strike, longest: terms.max_duration };
                market.strikes(terms.tier).into_iter().map(rung)
            })
            .collect();
        let expiries = market.expiries();
        let places = (0..rungs.len()).flat_map(|rung| (0..expiries.len()).map(move |expiry| (rung, expiry)));
        let mut sweep = Self { market, places: places.collect(), rungs, expiries };
        let mut places = std::mem::take(&mut sweep.places);
        places.retain(|(rung, expiry)| sweep.orders(*rung, *expiry).next().is_some());
        sweep.places = places;
        sweep
    }

    /// How many places there are.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// The orders of one strike and expiry, in both tokens; none if the tier does not sell that long.
    fn orders(&self, rung: usize, expiry: usize) -> impl Iterator<Item = Order> {
        let found =
            self.rungs.get(rung).zip(self.expiries.get(expiry)).filter(|(rung, expiry)| {
                expiry.since(self.market.now).is_some_and(|term| term <= rung.longest)
            });
        found.into_iter().flat_map(|(rung, expiry)| {
            Asset::ALL.map(|asset| Order {
                asset,
                tier: rung.tier,
                strike: rung.strike,
                expiry: *expiry,
                size: SIZE,
            })
        })
    }

    /// The chosen order in both tokens, then everything else that is shown beside it: the curve of all strikes to the
    /// chosen expiry, and the curves over all expiries of the chosen strike and of its neighbours, the nearest first.
    fn shown(&self, (rung, expiry): (usize, usize)) -> impl Iterator<Item = Order> {
        let strikes = (0..self.rungs.len()).filter(move |other| *other != rung);
        let by_strike = strikes.flat_map(move |rung| self.orders(rung, expiry));
        let outwards = (0..self.rungs.len()).flat_map(move |distance| {
            let above = (distance > 0).then(|| rung + distance);
            rung.checked_sub(distance).into_iter().chain(above)
        });
        let by_duration = outwards.flat_map(move |rung| {
            let others = (0..self.expiries.len()).filter(move |other| *other != expiry);
            others.flat_map(move |expiry| self.orders(rung, expiry))
        });
        self.orders(rung, expiry).chain(by_strike).chain(by_duration).take(QUOTES)
    }

    /// Everything that is shown at a place.
    pub(crate) fn redraw(&self, place: usize) -> Result<Redraw, Box<dyn Error>> {
        let place = *self.places.get(place).ok_or("there is no such place")?;
        let quotes: Vec<Quote> =
            self.shown(place).map(|order| self.market.quote(&order)).collect::<Result<_, SaleRefusal>>()?;
        let chosen = quotes.first().ok_or("nothing is quoted")?;
        let chart = payoff(&self.payoff(chosen)?, &FRAME);
        if quotes.len() == QUOTES { Ok(Redraw { quotes, chart }) } else { Err("too few are on offer".into()) }
    }

    fn payoff(&self, quote: &Quote) -> Result<Payoff, Box<dyn Error>> {
        let Order { asset, strike, size, .. } = quote.order;
        let (spot, stx) = self.market.sale_prices();
        let floor = quote.parts.first().ok_or("a quote without parts")?.floor;
        Ok(Payoff { size, strike, floor, spot, cost: asset.worth(quote.total, spot, stx)?, backing: asset })
    }

    /// Every quote and every picture of the whole sweep, and the prices of the book, to the last digit and byte.
    pub(crate) fn transcript(&self) -> Result<String, Box<dyn Error>> {
        let mut text = String::new();
        for (entry, price) in Book::new().entries.iter().zip(Book::new().prices()) {
            writeln!(text, "{entry:?} {:?}", price?)?;
        }
        for place in 0..self.places() {
            let Redraw { quotes, chart } = self.redraw(place)?;
            for quote in &quotes {
                writeln!(text, "{quote:?}")?;
            }
            writeln!(text, "{}\n{}", chart.svg, chart.summary)?;
            // The second is in the other token.
            for quote in quotes.iter().take(2) {
                for frame in [NARROW, WIDE] {
                    writeln!(text, "{}", payoff(&self.payoff(quote)?, &frame).svg)?;
                }
            }
        }
        Ok(text)
    }
}
