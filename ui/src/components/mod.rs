//! The parts that pages are made of. How they look is in `styles/20-components.css`; what each is for, in `README.md`.

mod address;
mod amount;
mod amount_input;
mod attention;
mod button;
mod card;
mod chart;
mod choice;
mod each;
mod figure;
mod icon;
mod input;
mod loaded;
mod menu;
mod notice;
mod part;
mod pill;
mod proposal;
mod skeleton;
mod slider;
mod stat;
mod states;
mod time;
mod toasts;

use std::cell::Cell;

pub(crate) use address::{AddressText, CopyButton};
pub(crate) use amount::{
    AmountCell, AmountText, ChangeText, PercentChangeText, PercentText, SbtcText, ShortAmount, StxText,
    UsdText,
};
pub(crate) use amount_input::{AmountInput, AmountUnit};
pub(crate) use attention::Attention;
pub(crate) use button::{Button, ButtonKind, ConfirmButton, LinkButton};
pub(crate) use card::{Card, Disclosure};
pub(crate) use chart::ChartView;
pub(crate) use choice::{Choice, Segmented, Select};
pub(crate) use each::Each;
pub(crate) use figure::{AsOfLine, DoubtMark, figure, known_or, not_known};
pub(crate) use icon::{Icon, IconName, Logo};
pub(crate) use input::{TabLinks, TextInput, Toggle};
pub(crate) use loaded::Loaded;
pub(crate) use menu::{CloseMenu, Menu};
pub(crate) use notice::{Banner, NoticeBanner, NoticeText, Tone};
pub(crate) use part::PartProblem;
pub(crate) use pill::ConnectionPill;
pub(crate) use proposal::{AlreadyOnItsWay, ProposalStatus};
pub(crate) use skeleton::{Skeleton, SkeletonCard};
pub(crate) use slider::{Slider, Tick};
pub(crate) use stat::Stat;
pub(crate) use states::{EmptyState, ErrorState};
pub(crate) use time::{Countdown, MomentText};
pub(crate) use toasts::Toaster;

/// An identifier that no other element of the page has, for what names another one.
pub(crate) fn unique_id(prefix: &str) -> String {
    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    let count = COUNT.with(|count| {
        count.set(count.get().wrapping_add(1));
        count.get()
    });
    format!("{prefix}-{count}")
}
