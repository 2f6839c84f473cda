//! The devnet on this computer, moved by hand: the window's deeds as the director's and the devnet's own controls, over HTTP, so that
//! a devnet in this process and one elsewhere on this computer are moved the same way.

use std::time::Duration;

use bithedge_devnet::FaultSettings;
use bithedge_ipc::{DevnetDeed, DevnetFaults, DevnetView, Fault, Notice, PlayView, ScenarioView};
use bithedge_practice::director::{Deed, Directed, Remote, Trouble, TroubleKind, scenarios};
use bithedge_protocol::Ppm;
use tokio::time::Instant;

/// A change is told at most so often.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// So long after a failure it is asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// The node's answers come at most so much later: beyond that everything would only be given up.
const MOST_LATENCY_MS: u32 = 30_000;
/// At most so many blocks are replaced at once.
const DEEPEST_REORGANISATION: u32 = 50;

/// The controls of a devnet with a practice network on it.
#[derive(Clone, Debug)]
pub(crate) struct DevnetControls {
    remote: Remote,
}

impl DevnetControls {
    /// Of the devnet at an address.
    pub(crate) fn new(url: &str) -> Self {
        Self { remote: Remote::new(url) }
    }

    /// How it stands.
    ///
    /// # Errors
    /// A notice: it does not answer, or nobody directs it.
    pub(crate) async fn view(&self) -> Result<DevnetView, Notice> {
        let state = self.remote.state().await.map_err(notice)?;
        self.shown(state).await
    }

    /// Does something to it, for the account at `address` where it is for an account, and tells how it then stands.
    ///
    /// # Errors
    /// A notice.
    pub(crate) async fn carry_out(
        &self,
        deed: DevnetDeed,
        address: Option<&str>,
    ) -> Result<DevnetView, Notice> {
        let deed = match deed {
            DevnetDeed::SetPrices { btc, stx } => Deed::SetPrices { btc, stx },
            DevnetDeed::Wander { on } => Deed::Wander { on },
            DevnetDeed::Pass { seconds } => Deed::Pass { seconds },
            DevnetDeed::SetSpeed { speed } => Deed::SetSpeed { speed },
            DevnetDeed::Play { scenario, a_day } => Deed::Play { scenario, a_day },
            DevnetDeed::Pause { on } => Deed::Pause { on },
            DevnetDeed::Stop {} => Deed::Stop {},
            DevnetDeed::Faucet { asset, amount } => {
                let address = address.ok_or_else(crate::notices::no_account)?;
                self.remote.give(asset, address, amount.base_units()).await.map_err(notice)?;
                return self.view().await;
            }
            DevnetDeed::SetFaults { faults } => {
                self.remote.set_faults(&settings(faults)?).await.map_err(notice)?;
                return self.view().await;
            }
            DevnetDeed::Reorganise { depth, drop_transactions } => {
                self.reorganise(depth, drop_transactions).await?;
                return self.view().await;
            }
        };
        let state = self.remote.carry_out(&deed).await.map_err(notice)?;
        self.shown(state).await
    }

    async fn reorganise(&self, depth: u32, drop_transactions: bool) -> Result<(), Notice> {
        if !(1..=DEEPEST_REORGANISATION).contains(&depth) {
            return Err(unfit(
                format!("{depth} blocks cannot be replaced at once."),
                format!("Choose 1 to {DEEPEST_REORGANISATION}."),
            ));
        }
        // What the director is waiting for must not go away under it.
        let state = self.remote.state().await.map_err(notice)?;
        if state.play.is_some() || state.doing.is_some() {
            return Err(Notice {
                fault: Fault::DevnetBusy,
                happened: "Blocks cannot be replaced while time passes or a scenario is played.".to_owned(),
                means: "Nothing was changed.".to_owned(),
                remedy: "Wait until it is done, or stop it.".to_owned(),
                detail: state.doing.unwrap_or_default(),
            });
        }
        self.remote.reorganise(depth, drop_transactions).await.map_err(notice)
    }

    /// Tells how it stands whenever that changes, not more than four times a second, for as long as it is polled. What cannot be asked is
    /// asked again.
    pub(crate) async fn follow(&self, tell: impl Fn(DevnetView)) {
        let mut told: Option<(u64, DevnetView)> = None;
        loop {
            let begun = Instant::now();
            let asked = match &told {
                None => self.remote.state().await,
                Some((revision, _)) => self.remote.state_after(*revision).await,
            };
            let revision = asked.as_ref().map_or(0, |state| state.revision);
            let view = match asked {
                Ok(state) => self.shown(state).await,
                Err(trouble) => Err(notice(trouble)),
            };
            match view {
                Ok(view) => {
                    if told.as_ref().is_none_or(|(_, before)| *before != view) {
                        tell(view.clone());
                    }
                    told = Some((revision, view));
                    tokio::time::sleep_until(begun + TELL_EVERY).await;
                }
                Err(problem) => {
                    tracing::debug!(detail = problem.detail, "the devnet's director cannot be asked");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn shown(&self, state: Directed) -> Result<DevnetView, Notice> {
        let faults = self.remote.faults().await.map_err(notice)?;
        Ok(view(state, &faults))
    }
}

/// A devnet's state as the window shows it.
fn view(state: Directed, faults: &FaultSettings) -> DevnetView {
    let play = state.play.map(|play| PlayView {
        scenario: play.scenario,
        day: play.day,
        days: play.days,
        date: play.date,
        paused: play.paused,
    });
    let ppm = |share: u32| Ppm::new(share.into());
    DevnetView {
        height: state.height,
        time: state.time,
        btc: state.btc,
        stx: state.stx,
        wanders: state.wanders,
        speed: state.speed,
        play,
        faults: DevnetFaults {
            latency_ms: u32::try_from(faults.latency_ms).unwrap_or(u32::MAX),
            drop: ppm(faults.drop_ppm),
            server_error: ppm(faults.server_error_ppm),
            truncate: ppm(faults.truncate_ppm),
            not_json: ppm(faults.not_json_ppm),
            stale_tip: faults.stale_tip,
        },
        scenarios: scenario_views(),
        doing: state.doing,
        problem: state.problem.map(notice),
    }
}

/// What can be played.
fn scenario_views() -> Vec<ScenarioView> {
    let shown = scenarios().iter().map(|scenario| ScenarioView {
        id: scenario.id.to_owned(),
        name: scenario.name.to_owned(),
        about: scenario.about.to_owned(),
        days: scenario.length(),
        deepest: scenario.deepest(),
        path: scenario.path(),
    });
    shown.collect()
}

fn settings(faults: DevnetFaults) -> Result<FaultSettings, Notice> {
    let share = |share: Ppm| {
        u32::try_from(share.base_units()).ok().filter(|ppm| *ppm <= 1_000_000).ok_or_else(|| {
            unfit("More than all answers cannot go wrong.".to_owned(), "Choose 0 to 100 %.".to_owned())
        })
    };
    if faults.latency_ms > MOST_LATENCY_MS {
        return Err(unfit(
            "Answers cannot come that late.".to_owned(),
            format!("Choose {} seconds or less.", MOST_LATENCY_MS / 1_000),
        ));
    }
    Ok(FaultSettings {
        latency_ms: faults.latency_ms.into(),
        drop_ppm: share(faults.drop)?,
        server_error_ppm: share(faults.server_error)?,
        truncate_ppm: share(faults.truncate)?,
        not_json_ppm: share(faults.not_json)?,
        stale_tip: faults.stale_tip,
        // Always the same requests: what went wrong once goes wrong again.
        seed: 1,
    })
}

fn unfit(happened: String, remedy: String) -> Notice {
    Notice {
        fault: Fault::InputUnfit,
        happened,
        means: "Nothing was changed.".to_owned(),
        remedy,
        detail: String::new(),
    }
}

fn notice(trouble: Trouble) -> Notice {
    let Trouble { kind, happened, means, remedy, detail } = trouble;
    let fault = match kind {
        TroubleKind::Busy => Fault::DevnetBusy,
        TroubleKind::Input => Fault::InputUnfit,
        TroubleKind::Failed => Fault::DevnetFailed,
    };
    Notice { fault, happened, means, remedy, detail }
}

#[cfg(test)]
mod tests {
    use bithedge_practice::director::DirectorError;

    use super::*;

    #[test]
    fn every_fault_reaches_the_devnet_and_comes_back() {
        let faults = DevnetFaults {
            latency_ms: 250,
            drop: Ppm::new(1),
            server_error: Ppm::new(2),
            truncate: Ppm::new(3),
            not_json: Ppm::new(1_000_000),
            stale_tip: true,
        };
        let settings = settings(faults).unwrap();
        let state = Directed {
            revision: 1,
            height: bithedge_protocol::BlockHeight::new(7),
            time: bithedge_protocol::UnixSeconds::new(8),
            btc: bithedge_protocol::UsdE8::new(9),
            stx: bithedge_protocol::UsdE8::new(10),
            wanders: true,
            speed: 3,
            play: None,
            doing: None,
            problem: Some(DirectorError::NothingPlays.trouble()),
        };
        let shown = view(state, &settings);
        assert_eq!(shown.faults, faults);
        assert_eq!(shown.problem.map(|problem| problem.fault), Some(Fault::InputUnfit));
        assert_eq!(shown.scenarios.len(), scenarios().len());
        assert!(super::settings(DevnetFaults { drop: Ppm::new(1_000_001), ..faults }).is_err());
        assert!(super::settings(DevnetFaults { latency_ms: 30_001, ..faults }).is_err());
    }
}
