//! A reorganisation: the newest blocks are replaced by others.

use bithedge_ipc::DevnetDeed;
use leptos::prelude::*;

use super::deeds::Deeds;
use crate::components::{ButtonKind, Card, Choice, ConfirmButton, Segmented, Toggle};

/// How many blocks.
const DEPTHS: [u32; 3] = [1, 3, 6];

/// How many blocks, what becomes of their transactions, and the button.
#[component]
pub(super) fn ReorganiseCard() -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let depth = RwSignal::new(1_u32);
    let drops = RwSignal::new(false);
    let choices = DEPTHS.map(|depth| Choice::new(depth, depth.to_string(), depth.to_string())).to_vec();
    view! {
        <Card title="Replace the newest blocks" note=|| "A reorganisation" testid="devnet-reorganise">
            <div class="devnet-stack">
            <p class="devnet-explained">
                "On any chain the newest blocks can turn out not to last, and others take their place. BitHedge waits for more blocks \
                 before it calls something final."
            </p>
            <Segmented
                label="How many blocks"
                choices=choices
                value=depth
                on_change=move |chosen| depth.set(chosen)
                testid="devnet-depth"
            />
            <Toggle
                label="Their transactions are lost"
                value=drops
                on_change=move |on| drops.set(on)
                hint="Off, the new blocks take them again."
                testid="devnet-drop"
            />
            <ConfirmButton
                kind=ButtonKind::Danger
                label="Replace them"
                question="The newest blocks of this devnet are replaced by others. It cannot be taken back."
                confirm="Yes, replace them"
                busy=deeds.busy()
                blocked=deeds.blocked()
                testid="devnet-reorganise-now"
                on_confirm=move |()| deeds.carry_out(DevnetDeed::Reorganise {
                    depth: depth.get_untracked(),
                    drop_transactions: drops.get_untracked(),
                })
            />
            </div>
        </Card>
    }
}
