//! Disputed reports, and what could not be understood.

use bithedge_ipc::{AnomalyView, DisputeView};
use leptos::prelude::*;

use crate::components::{AddressText, Card};
use crate::format;

type Records = (Vec<DisputeView>, Vec<AnomalyView>);

/// Both, if there are any.
#[component]
pub(super) fn RecordsCard(
    /// Disputes and anomalies, newest first.
    #[prop(into)]
    records: Signal<Records>,
) -> impl IntoView {
    view! {
        <Card title="What was out of the ordinary" testid="protocol-records">
            {move || {
                let (disputes, anomalies) = records.get();
                if disputes.is_empty() && anomalies.is_empty() {
                    return view! {
                        <p class="protocol-explained">"No report of a price was disputed, and nothing on the chain was beyond understanding."</p>
                    }
                    .into_any();
                }
                view! {
                    <ul class="records">
                        {anomalies.into_iter().map(anomaly).collect_view()}
                        {disputes.into_iter().map(dispute).collect_view()}
                    </ul>
                }
                .into_any()
            }}
        </Card>
    }
}

fn anomaly(anomaly: AnomalyView) -> impl IntoView {
    let AnomalyView { height, why, concerns } = anomaly;
    view! {
        <li class="record" data-testid="anomaly">
            <p>{format!("In block {height}: {why}")}</p>
            {(!concerns.is_empty()).then(|| view! {
                <p class="protocol-quiet">{format!("Doubtful because of it: {}", concerns.join(", "))}</p>
            })}
        </li>
    }
}

fn dispute(dispute: DisputeView) -> impl IntoView {
    let DisputeView { time, height, reporter, observed_at, reason, by } = dispute;
    view! {
        <li class="record" data-testid="dispute">
            <p>
                {format!("{}, block {height}: the report of ", format::moment(time))}
                <AddressText address=reporter />
                {format!(" of {} was disputed by ", format::moment(observed_at))}
                <AddressText address=by />
            </p>
            <p class="protocol-quiet">"Hash of the reasons: "<code>{reason}</code></p>
        </li>
    }
}
