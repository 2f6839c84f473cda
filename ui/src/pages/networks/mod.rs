//! Networks: what each is for, what was found out about it, and choosing one. For the beginning and for the settings.

mod form;
mod list;
mod verdict;
mod words;

pub(crate) use list::NetworkList;
pub(crate) use verdict::VerdictView;
pub(crate) use words::money;
