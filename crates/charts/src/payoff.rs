//! What one BTC position is worth when its policy ends, with and without the policy.

use bithedge_protocol::payoff::{SbtcPut, StxPut};
use bithedge_protocol::{Asset, Sats, UsdE8};

use crate::chart::{Chart, Content, Frame, Table};
use crate::number;
use crate::order;
use crate::plot::{self, BaseAxis, Entry, Mark, Marks, Plot, Sign, ValueAxis};
use crate::quantity::{Measure, Quantity, Unit, usd, usd_label};
use crate::scale::{Domain, Scale};
use crate::sheet::{Anchor, Label, Rect, Sheet};
use crate::text::Weight;

/// Points of each curve.
const POINTS: u128 = 200;
const SATS_PER_BTC: u128 = 100_000_000;
/// One USD as a price of STX: at it, micro-STX are millionths of a USD.
const ONE_USD: UsdE8 = UsdE8::new(100_000_000);
const USD_E8_PER_MICRO_STX: u128 = 100;

/// A BTC position and the put that protects it, as it is promised: what an STX bucket might be short of is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payoff {
    /// The BTC that are held and protected.
    pub size: Sats,
    /// The price that is protected.
    pub strike: UsdE8,
    /// The price below which the payout does not grow any more.
    pub floor: UsdE8,
    /// The price of BTC now.
    pub spot: UsdE8,
    /// Everything that was paid for the policy (premium, fee, bounty), in USD at the prices of the sale.
    pub cost: UsdE8,
    /// What stands behind it. Below the floor the payout stays at its cap: in satoshis of sBTC, or in USD where it is
    /// paid in STX.
    pub backing: Asset,
}

/// The position at one price.
struct Worth {
    price: UsdE8,
    alone: i128,
    protected: i128,
}

impl Payoff {
    /// `None` if a product is too large to count.
    fn at(&self, price: UsdE8) -> Option<Worth> {
        let payout = match self.backing {
            Asset::Sbtc => {
                let put = SbtcPut::new(self.size, self.strike, self.floor).ok()?;
                value_of(put.payout(price).ok()?, price)?
            }
            Asset::Stx => {
                let put = StxPut::new(self.size, self.strike, self.floor).ok()?;
                put.payout(price, ONE_USD).ok()?.base_units().checked_mul(USD_E8_PER_MICRO_STX)?
            }
        };
        let alone = i128::try_from(value_of(self.size, price)?).ok()?;
        let payout = i128::try_from(payout).ok()?;
        let cost = i128::try_from(self.cost.base_units()).ok()?;
        Some(Worth { price, alone, protected: alone.checked_add(payout)?.checked_sub(cost)? })
    }

    /// The price below which having bought is better than not having bought: strike less cost for each BTC. `None` if the
    /// policy cannot earn its cost above the floor.
    fn break_even(&self) -> Option<UsdE8> {
        let per_btc =
            self.cost.base_units().checked_mul(SATS_PER_BTC)?.checked_div(self.size.base_units())?;
        let price = UsdE8::new(self.strike.base_units().checked_sub(per_btc)?);
        (price >= self.floor).then_some(price)
    }

    /// The price below which the policy is again not worth its cost, since its cap in sBTC loses value along with BTC: cost over
    /// cap. `None` where the cap is in USD.
    fn lower_break_even(&self) -> Option<UsdE8> {
        let put = SbtcPut::new(self.size, self.strike, self.floor).ok()?;
        let cap = put.cap().ok().filter(|_| self.backing == Asset::Sbtc)?;
        let cost = self.cost.base_units().checked_mul(SATS_PER_BTC)?;
        (cap > Sats::ZERO).then(|| UsdE8::new(cost.div_ceil(cap.base_units())))
    }

    fn is_sound(&self) -> bool {
        self.size > Sats::ZERO
            && self.spot > UsdE8::ZERO
            && self.floor > UsdE8::ZERO
            && self.floor < self.strike
    }

    /// Both curves, with their corners; `None` if a value cannot be counted.
    fn curves(&self) -> Option<Vec<Worth>> {
        let low = self.floor.base_units().min(self.spot.base_units()).checked_mul(7)? / 10;
        let high = self.strike.base_units().max(self.spot.base_units()).checked_mul(5)? / 4;
        let step = (high.checked_sub(low)? / (POINTS - 1)).max(1);
        let even = (0..POINTS - 1).map(|index| low.saturating_add(step.saturating_mul(index)));
        let corners = [high, self.floor.base_units(), self.strike.base_units()];
        let mut prices: Vec<u128> =
            even.chain(corners).filter(|price| *price > 0 && *price <= high).collect();
        order::by_key(&mut prices, |price| *price);
        prices.dedup();
        prices.into_iter().map(|price| self.at(UsdE8::new(price))).collect()
    }
}

/// `size` at `price`, in 10^-8 USD, rounded down.
fn value_of(size: Sats, price: UsdE8) -> Option<u128> {
    size.base_units().checked_mul(price.base_units()).map(|product| product / SATS_PER_BTC)
}

/// Value at expiry against price, with the strike, the break-even, the floor and the zone below it.
#[must_use]
pub fn payoff(policy: &Payoff, frame: &Frame<'_>) -> Chart {
    let title = "Value at expiry, with and without protection".to_owned();
    let mut table = Table::with(["Point", "BTC price", "BTC alone", "With protection, less cost"]);
    let curves = if policy.is_sound() { policy.curves() } else { None };
    let Some(curves) = curves else {
        let summary = if policy.is_sound() {
            "The amounts are too large to draw.".to_owned()
        } else {
            "There is no policy to draw: it needs a size, a price, and a floor below its strike.".to_owned()
        };
        return Content { title, summary, table }.said(frame);
    };
    let break_even = policy.break_even();
    let points = [
        ("Floor", Some(policy.floor)),
        ("Break-even", break_even),
        ("Strike", Some(policy.strike)),
        ("Price now", Some(policy.spot)),
    ];
    let low = curves.first().map(|worth| worth.price);
    let high = curves.last().map(|worth| worth.price);
    let mut rows: Vec<(&str, UsdE8)> =
        points.into_iter().filter_map(|(name, price)| price.map(|price| (name, price))).collect();
    rows.extend(low.map(|price| ("Left end", price)));
    rows.extend(high.map(|price| ("Right end", price)));
    order::by_key(&mut rows, |(_, price)| *price);
    for (name, price) in rows {
        if let Some(worth) = policy.at(price) {
            table.push([name.to_owned(), price.to_string(), dollars(worth.alone), dollars(worth.protected)]);
        }
    }
    let summary = summary(policy, break_even);
    Content { title, summary, table }.drawn(frame, frame.height(0.42).max(290.0), |sheet| {
        draw(sheet, policy, &curves, break_even);
    })
}

/// An amount of USD that may be negative, exactly.
fn dollars(value: i128) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", UsdE8::new(value.unsigned_abs()))
}

fn summary(policy: &Payoff, break_even: Option<UsdE8>) -> String {
    let size = Measure::of(Unit::Sbtc, policy.size.base_units().try_into().unwrap_or(i128::MAX));
    let size = size.short(Quantity::base_units(policy.size));
    let unit = if policy.size.base_units() < 100_000 { "satoshis" } else { "BTC" };
    let worth = policy.at(policy.strike).map_or(0, |worth| worth.protected);
    let kept = format!(
        "Between {} and {} the policy keeps {size} {unit} at {} after its cost of {}.",
        usd(policy.floor),
        usd(policy.strike),
        Measure::of(Unit::Usd, worth).spoken(worth),
        usd(policy.cost),
    );
    let even = match (break_even, policy.lower_break_even()) {
        (Some(price), Some(lower)) => {
            format!("It pays for itself between {} and {}.", usd(lower), usd(price))
        }
        (Some(price), None) => format!("It pays for itself below {}.", usd(price)),
        (None, _) => "It costs more than it can pay above the floor.".to_owned(),
    };
    let below = match policy.backing {
        Asset::Sbtc => {
            "Below the floor the payout stays at its cap in sBTC, so the value falls with the price again."
        }
        Asset::Stx => {
            "Below the floor the payout stays at its cap in USD, so the value falls with the price again."
        }
    };
    format!("{kept} {even} {below}")
}

fn draw(sheet: &mut Sheet<'_>, policy: &Payoff, curves: &[Worth], break_even: Option<UsdE8>) {
    let palette = sheet.palette;
    let measure = Measure::of(Unit::Usd, 0);
    let price = |price: UsdE8| measure.coordinate(Quantity::base_units(price));
    let values = curves.iter().flat_map(|worth| [worth.alone, worth.protected]);
    let Some(values) = Domain::of(values.map(|value| measure.coordinate(value))) else { return };
    let Some(prices) = Domain::of(curves.iter().map(|worth| price(worth.price))) else { return };

    let base = BaseAxis::numbers("BTC price at expiry, USD", prices);
    let legend = [
        Entry { sign: Sign::Line, color: palette.accent, text: "With protection, less cost".to_owned() },
        Entry { sign: Sign::Dashes, color: palette.text_muted, text: "BTC alone".to_owned() },
    ];
    let legend_height = plot::legend_rows(sheet, &legend) * sheet.leading();
    let title = sheet.muted("Value, USD");
    let right = sheet.bounds.right - plot::MARGIN - 4.0;
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    // How high the plot is depends on the rows of marks, their places on the plot's width, that on the ticks, and those on
    // the height: once more from the first answer is near enough, if the gutter fits both.
    let place = |left: f64, sheet: &Sheet<'_>| {
        let scale = Scale { domain: prices, from: left, to: right };
        let marks = Marks::arranged(sheet, &scale, marks(sheet, policy, break_even, &price));
        let title_row = marks.row_beside(&scale, title.width());
        let extra = if title_row >= marks.rows() { sheet.leading() } else { 0.0 };
        let top = 4.0 + legend_height + marks.height(sheet) + extra + 8.0;
        (marks, title_row, top, ValueAxis::new("", values, bottom - top))
    };
    let (.., first) = place(plot::MARGIN * 6.0, sheet);
    let left = first.gutter(sheet);
    let (.., second) = place(left, sheet);
    let left = left.max(second.gutter(sheet));
    let (marks, title_row, top, axis) = place(left, sheet);
    let area = Rect::new(left, top, right, bottom);
    let plot = Plot::new(area, prices, axis.domain);

    // The zone first: everything else lies on it.
    let floor = plot.x.kept(price(policy.floor));
    let zone = Rect::new(area.left, area.top, floor, area.bottom);
    sheet.fill(zone, palette.danger_soft);
    let curve = |of: fn(&Worth) -> i128| -> Vec<_> {
        curves.iter().map(|worth| plot.at(price(worth.price), measure.coordinate(of(worth)))).collect()
    };
    let (alone, protected) = (curve(|worth| worth.alone), curve(|worth| worth.protected));
    let better = curves.iter().filter(|worth| worth.protected >= worth.alone && worth.price >= policy.floor);
    let better: Vec<&Worth> = better.collect();
    let over = better.iter().map(|worth| plot.at(price(worth.price), measure.coordinate(worth.protected)));
    let under = better.iter().rev().map(|worth| plot.at(price(worth.price), measure.coordinate(worth.alone)));
    let gain: Vec<_> = over.chain(under).collect();
    if gain.len() > 2 {
        sheet.polygon(&gain, palette.accent_soft);
    }
    plot.draw_values(sheet, &axis);
    plot.draw_base(sheet, &base);
    marks.draw(sheet, &plot);
    sheet.dashes(&alone, palette.text_muted, 2.0);
    sheet.line(&protected, palette.accent, 3.0);
    sheet.avoid(&alone);
    sheet.avoid(&protected);
    if let Some(worth) = break_even.and_then(|price| policy.at(price)) {
        let center = plot.at(price(worth.price), measure.coordinate(worth.protected));
        sheet.ring(center, 4.5, palette.accent, 2.0);
    }
    plot::draw_legend(sheet, &legend, 4.0);
    // One for every few pixels is as near as a hand points.
    for worth in curves.iter().step_by(3) {
        let [protected, alone] = [worth.protected, worth.alone].map(|value| measure.spoken(value));
        let text =
            format!("BTC at {}: {protected} with protection, less its cost; {alone} alone", usd(worth.price));
        sheet.read_at(plot.x.at(price(worth.price)), text);
    }
    let up = f64::from(u32::try_from(title_row).unwrap_or(0)) * sheet.leading();
    sheet.write(&title, (plot::MARGIN, area.top - sheet.size * 0.8 - up), Anchor::Start);
    describe_zone(sheet, zone, policy.backing);
}

/// The marks, the most important first: its label gets the best place.
fn marks(
    sheet: &Sheet<'_>,
    policy: &Payoff,
    break_even: Option<UsdE8>,
    price: &impl Fn(UsdE8) -> f64,
) -> Vec<Mark> {
    let palette = sheet.palette;
    let narrow = sheet.bounds.width() < 480.0;
    let figure = |value: UsdE8| {
        if narrow { number::short(Quantity::base_units(value), UsdE8::DECIMALS) } else { usd_label(value) }
    };
    let mut marks = vec![Mark {
        value: price(policy.strike),
        label: sheet.strong(format!("Strike {}", figure(policy.strike))),
        color: palette.text,
        is_dashed: false,
    }];
    marks.push(Mark {
        value: price(policy.spot),
        label: sheet.label(format!("Now {}", figure(policy.spot))),
        color: palette.info,
        is_dashed: true,
    });
    marks.extend(break_even.map(|even| Mark {
        value: price(even),
        label: Label { color: palette.accent, ..sheet.label(format!("Break-even {}", figure(even))) },
        color: palette.accent,
        is_dashed: true,
    }));
    marks.push(Mark {
        value: price(policy.floor),
        label: Label { color: palette.danger, ..sheet.label(format!("Floor {}", figure(policy.floor))) },
        color: palette.danger,
        is_dashed: false,
    });
    marks
}

/// Says what happens in the zone: in it, or beside it with an arrow, in as many words as there is room for.
fn describe_zone(sheet: &mut Sheet<'_>, zone: Rect, backing: Asset) {
    let cap = match backing {
        Asset::Sbtc => "payout capped in sBTC",
        Asset::Stx => "payout capped in USD",
    };
    let (long, short) = (format!("Below the floor: {cap}"), "Below the floor".to_owned());
    let _ = in_zone(sheet, zone, &long)
        || beside_zone(sheet, zone, &format!("← {cap}"))
        || in_zone(sheet, zone, &short)
        || beside_zone(sheet, zone, "← payout capped")
        || beside_zone(sheet, zone, "← capped");
}

fn in_zone(sheet: &mut Sheet<'_>, zone: Rect, words: &str) -> bool {
    let lines = crate::text::wrapped(words, zone.width() - 14.0, sheet.size, Weight::Regular);
    let height = f64::from(u32::try_from(lines.len()).unwrap_or(0)) * sheet.leading();
    if lines.len() > 4 || lines.iter().any(|line| line.ends_with('…')) {
        return false;
    }
    let widest = lines.iter().map(|line| sheet.label(line.as_str()).width()).fold(0.0, f64::max);
    let fits = |top: &f64| {
        let bounds = Rect::new(zone.left + 6.0, *top, zone.left + 6.0 + widest, top + height);
        sheet.is_free(bounds) && bounds.bottom <= zone.bottom
    };
    let Some(top) = [zone.top + 6.0, zone.bottom - height - 6.0, zone.center().1].into_iter().find(fits)
    else {
        return false;
    };
    let mut baseline = top + sheet.size;
    for line in lines {
        let label = Label { color: sheet.palette.danger, ..sheet.label(line) };
        sheet.write(&label, (zone.left + 7.0, baseline), Anchor::Start);
        baseline += sheet.leading();
    }
    true
}

fn beside_zone(sheet: &mut Sheet<'_>, zone: Rect, words: &str) -> bool {
    let label = Label { color: sheet.palette.danger, ..sheet.label(words) };
    let left = zone.right + 6.0;
    let places =
        [zone.bottom - 8.0, zone.top + sheet.size + 6.0].map(|baseline| ((left, baseline), Anchor::Start));
    sheet.place(&label, &places)
}
