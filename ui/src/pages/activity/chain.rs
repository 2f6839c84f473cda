//! What happened to the account on the chain.

use bithedge_ipc::{ActivityLine, ActivityPage, ActivityPlace, Money, Notice, PageQuery, SavedFile, Trust};
use leptos::prelude::*;

use super::pager::{Pager, Pages, TOP};
use crate::api;
use crate::components::{
    AddressText, AmountText, AsOfLine, Banner, Button, Card, CopyButton, DoubtMark, Each, EmptyState, Loaded,
    NoticeBanner, SkeletonCard, StxText, Tone,
};
use crate::format;
use crate::route::Route;
use crate::state::PageState;

/// The account's history, newest first, and the button that writes it to a file.
#[component]
pub(super) fn ChainActivity() -> impl IntoView {
    let pages: Pages<ActivityPlace> = Pages::new();
    let state = PageState::<ActivityPage>::new(move || PageQuery::Activity { before: pages.before() });
    pages.follow_problem(state.problem());
    view! {
        <Loaded state=state skeleton=|| view! { <SkeletonCard lines=12 /> } children=move |data| content(data, pages) />
    }
}

fn content(data: Signal<ActivityPage>, pages: Pages<ActivityPlace>) -> impl IntoView {
    let lines = Memo::new(move |_| data.with(|page| page.lines.clone()));
    let trust = Memo::new(move |_| data.with(|page| page.trust));
    let older = Memo::new(move |_| data.with(|page| page.next));
    let as_of = Memo::new(move |_| data.with(|page| page.as_of.clone()));
    pages.follow(move || data.track());
    view! {
        <Card title="What happened to this account" note=|| "Newest first" testid="chain-activity">
            <Export />
            {move || (trust.get() == Trust::Doubtful).then(|| view! {
                <Banner tone=Tone::Warning title="Something may be missing here" testid="chain-doubtful">
                    <p>"Not everything on the chain could be understood. What the chain itself answers is what counts."</p>
                </Banner>
            })}
            {move || if lines.with(Vec::is_empty) {
                // Of books that are doubtful an empty list is not "nothing".
                let text = match trust.get() {
                    Trust::Sound => "Purchases, deposits, payouts and fees of this account show up here once a block holds them.",
                    Trust::Doubtful => "Whether anything happened to this account is not known.",
                };
                let title = match trust.get() {
                    Trust::Sound => "Nothing has happened to this account yet",
                    Trust::Doubtful => "Nothing is known of this account",
                };
                view! { <EmptyState title=title text=text testid="chain-empty" /> }.into_any()
            } else {
                view! { <Lines lines=lines trust=trust /> }.into_any()
            }}
        </Card>
        <Pager pages=pages older=older testid="chain" />
        <AsOfLine as_of=as_of />
    }
}

/// Writes it all to a file.
#[component]
fn Export() -> impl IntoView {
    let busy = RwSignal::new(false);
    let saved: RwSignal<Option<SavedFile>> = RwSignal::new(None);
    let problem: RwSignal<Option<Notice>> = RwSignal::new(None);
    let export = move |()| {
        busy.set(true);
        saved.set(None);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::export_activity().await;
            let _ = busy.try_set(false);
            match answer {
                Ok(file) => {
                    let _ = saved.try_set(file);
                }
                Err(error) => {
                    let _ = problem.try_set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        <div class="export">
            <Button busy=busy testid="export-activity" on_press=export>"Save all of it as CSV"</Button>
            <p class="export-done" role="status" data-testid="export-done">
                {move || saved.get().map(|file| format!("{} Saved as {}.", file.about, file.path))}
            </p>
        </div>
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="export-problem" /> })}
    }
}

#[component]
fn Lines(
    /// What happened.
    lines: Memo<Vec<ActivityLine>>,
    /// Whether that can be relied on.
    trust: Memo<Trust>,
) -> impl IntoView {
    let keys = Memo::new(move |_| lines.with(|lines| lines.iter().map(LineKey::of).collect::<Vec<_>>()));
    view! {
        <div class="activity-scroll" id=TOP tabindex="0" role="region" aria-label="What happened to this account">
            <table class="wide-table activity-table">
                <thead>
                    <tr>
                        <th scope="col">"What happened"</th>
                        <th scope="col" class="wide-number">"Paid"</th>
                        <th scope="col" class="wide-number">"Received"</th>
                        <th scope="col" class="wide-number">"Network fee"</th>
                    </tr>
                </thead>
                <tbody>
                    <Each
                        each=move || keys.get()
                        key=Clone::clone
                        let:key
                    >
                        <Line lines=lines key=key trust=trust />
                    </Each>
                </tbody>
            </table>
        </div>
    }
}

/// What tells one line from all others: its place alone does not, since another branch of the chain has something else there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LineKey {
    place: ActivityPlace,
    txid: String,
}

impl LineKey {
    fn of(line: &ActivityLine) -> Self {
        Self { place: line.place, txid: line.txid.clone() }
    }

    fn is_of(&self, line: &ActivityLine) -> bool {
        self.place == line.place && self.txid == line.txid
    }
}

/// One of them, as it is told last: its fee and its words may become known later.
#[component]
fn Line(
    /// All.
    lines: Memo<Vec<ActivityLine>>,
    /// Which.
    key: LineKey,
    /// Whether that can be relied on.
    trust: Memo<Trust>,
) -> impl IntoView {
    // It stays as it was for the moment between leaving the page and being taken off it.
    let latest = Memo::new(move |before: Option<&Option<ActivityLine>>| {
        let found = lines.with(|lines| lines.iter().find(|line| key.is_of(line)).cloned());
        found.or_else(|| before.cloned().flatten())
    });
    move || latest.get().map(|line| row(line, trust))
}

fn row(line: ActivityLine, trust: Memo<Trust>) -> impl IntoView {
    let ActivityLine {
        time, txid, what, words, policy, bucket, tier_name, paid, received, fee, refused, ..
    } = line;
    let about = match (policy, bucket) {
        (Some(policy), _) => Some((Route::Policy(policy), format!("Policy {policy}"))),
        (None, Some(bucket)) => Some((Route::Bucket(bucket), format::bucket(tier_name.as_deref(), bucket))),
        (None, None) => None,
    };
    let money = |money: Option<Money>, testid: &'static str| match money {
        Some(Money { asset, amount }) => {
            view! { <AmountText asset=asset amount=amount testid=testid /> }.into_any()
        }
        None => view! { <span class="activity-none" aria-label="nothing">"\u{2013}"</span> }.into_any(),
    };
    let is_refused = refused.is_some();
    view! {
        <tr data-testid="activity-line" data-what=what class:is-refused=is_refused>
            <th scope="row">
                <span class="activity-words">{words} " "{move || view! { <DoubtMark trust=trust.get() /> }}</span>
                {refused.map(|why| view! {
                    <span class="activity-refused" data-testid="activity-refused">
                        {format!("Refused: {why} Only the network's fee was taken.")}
                    </span>
                })}
                <span class="activity-when">
                    <time data-value=time.get().to_string()>{format::moment(time)}</time>
                    {about.map(|(route, name)| view! { <a class="link" href=route.href()>{name}</a> })}
                    <span class="activity-txid">
                        <AddressText address=txid.clone() />
                        <CopyButton text=txid what="the transaction's identity".to_owned() />
                    </span>
                </span>
            </th>
            <td class="wide-number">{money(paid, "activity-paid")}</td>
            <td class="wide-number">{money(received, "activity-received")}</td>
            <td class="wide-number">
                {match fee {
                    Some(fee) => view! { <StxText amount=fee testid="activity-fee" /> }.into_any(),
                    None => view! { <span class="activity-none" aria-label="none of yours">"\u{2013}"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::{BlockHeight, UnixSeconds};

    use super::*;

    #[test]
    fn what_is_at_the_same_place_of_another_branch_is_another_line() {
        let place = ActivityPlace { height: BlockHeight::new(7), transaction: 1, event: 0 };
        let line = |txid: &str| ActivityLine {
            place,
            time: UnixSeconds::new(0),
            txid: txid.to_owned(),
            what: "policy-sold".to_owned(),
            words: String::new(),
            policy: None,
            bucket: None,
            tier_name: None,
            paid: None,
            received: None,
            fee: None,
            refused: None,
        };
        assert_ne!(LineKey::of(&line("0xaa")), LineKey::of(&line("0xbb")));
        assert!(
            LineKey::of(&line("0xaa")).is_of(&line("0xaa"))
                && !LineKey::of(&line("0xaa")).is_of(&line("0xbb"))
        );
        // And the same one is not drawn anew for its fee.
        let fee = ActivityLine { words: "known now".to_owned(), ..line("0xaa") };
        assert_eq!(LineKey::of(&line("0xaa")), LineKey::of(&fee));
    }
}
