//! Where money can be sent to: only for an account that was checked against the keys.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{AccountView, NetworkKind};
use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::api;
use crate::components::{Button, CopyButton};
use crate::state::{NotificationsState, SessionState};

/// The white edge around a code, in modules, as ISO/IEC 18004 asks for.
const QUIET_ZONE: i32 = 4;

/// The address, to be copied or photographed; or that it has to be checked first.
#[component]
pub(super) fn Receive(
    /// Whose.
    account: AccountView,
) -> impl IntoView {
    let AccountView { address, label, is_verified, .. } = account;
    if !is_verified {
        return view! { <UnlockFirst /> }.into_any();
    }
    let kind = expect_context::<SessionState>().network_kind();
    let code = code_path(&address);
    let exact = address.clone();
    view! {
        <div class="receive" data-testid="receive-address" data-value=exact>
            {code.map(|(path, side)| view! {
                <svg
                    class="receive-code"
                    viewBox=format!("0 0 {side} {side}")
                    role="img"
                    aria-label=format!("The address of {label} as a QR code")
                >
                    <path class="receive-code-ground" d=format!("M0 0h{side}v{side}h-{side}z") />
                    <path class="receive-code-modules" d=path />
                </svg>
            })}
            <div class="receive-words">
                <p class="receive-line">
                    <code class="receive-address">{address.clone()}</code>
                    <CopyButton text=address what=format!("the address of {label}") />
                </p>
                <p class="settings-text">
                    {move || match kind.get() {
                        Some(NetworkKind::Mainnet) => {
                            "For STX and sBTC on Stacks mainnet. Bitcoin itself (addresses that begin with bc1, 1 or 3) sent to it would be lost."
                        }
                        Some(NetworkKind::Testnet) => "For coins of the testnet only. Send no real money to it.",
                        Some(NetworkKind::Devnet) | None => "For play money of the devnet only. Send no real money to it.",
                    }}
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// The list of accounts is only known to be the person's own while the keys are open.
#[component]
fn UnlockFirst() -> impl IntoView {
    let notifications = expect_context::<NotificationsState>();
    let unlock = move |()| {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::open_secret(SecretTask::Unlock).await {
                notifications.warn(error.message());
            }
        });
    };
    view! {
        <div class="receive-locked" data-testid="receive-locked">
            <p class="settings-text">
                "Unlock the keys first. BitHedge then checks that this address is yours: somebody who can write to your files could have put another one in \
                 its place."
            </p>
            <div class="actions"><Button testid="unlock-to-receive" on_press=unlock>"Unlock"</Button></div>
        </div>
    }
}

/// The dark modules of a text's QR code as the data of a path, and how many modules wide it is with its edge. `None` for a text that
/// is too long for one.
fn code_path(text: &str) -> Option<(String, i32)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                path.push_str(&format!(
                    "M{} {}h1v1h-1z",
                    column.saturating_add(QUIET_ZONE),
                    row.saturating_add(QUIET_ZONE)
                ));
            }
        }
    }
    Some((path, code.size().saturating_add(QUIET_ZONE.saturating_mul(2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_code_with_its_three_corners() {
        let (path, side) = code_path("ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5").unwrap();
        let has = |column: i32, row: i32| path.contains(&format!("M{column} {row}h1v1h-1z"));
        let last = side - QUIET_ZONE - 1;
        for (column, row) in [(QUIET_ZONE, QUIET_ZONE), (last, QUIET_ZONE), (QUIET_ZONE, last)] {
            // The outer ring of a finder pattern is dark, the next one light, the middle dark.
            let inwards = |from: i32, by: i32| if from == last { from - by } else { from + by };
            assert!(has(column, row));
            assert!(!has(inwards(column, 1), inwards(row, 1)));
            assert!(has(inwards(column, 2), inwards(row, 2)));
        }
        assert!(!has(0, 0));
        assert_ne!(code_path("ST000").unwrap().0, path);
        assert!(code_path(&"x".repeat(5_000)).is_none());
    }
}
