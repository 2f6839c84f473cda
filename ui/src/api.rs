//! The bridge to the core: commands that are answered, and events that come by themselves.
//!
//! It uses the functions that Tauri puts into every window it creates, the same that its JavaScript package uses.

use bithedge_ipc::{ChainSnapshot, EVENT_NAME, Event, Notice, Preferences, Theme, command};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = invoke)]
    async fn tauri_invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn tauri_callback(callback: &JsValue) -> Result<u32, JsValue>;
}

/// Why the core gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The core refused, and says why.
    Refused(Notice),
    /// The bridge failed: a defect, told as it came.
    Bridge(String),
}

impl ApiError {
    /// What to tell the user.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Refused(notice) => format!("{} {}", notice.happened, notice.remedy),
            Self::Bridge(cause) => format!("The window lost its connection to the application ({cause})."),
        }
    }
}

/// The latest snapshot of the chain.
pub(crate) async fn chain_snapshot() -> Result<ChainSnapshot, ApiError> {
    invoke(command::CHAIN_SNAPSHOT, &()).await
}

/// Asks the core to read the chain again at once.
pub(crate) async fn retry_connection() -> Result<(), ApiError> {
    invoke(command::RETRY_CONNECTION, &()).await
}

/// The preferences in force.
pub(crate) async fn preferences() -> Result<Preferences, ApiError> {
    invoke(command::PREFERENCES, &()).await
}

/// Sets the theme and keeps it.
pub(crate) async fn set_theme(theme: Theme) -> Result<Preferences, ApiError> {
    #[derive(Serialize)]
    struct Arguments {
        theme: Theme,
    }
    invoke(command::SET_THEME, &Arguments { theme }).await
}

/// Calls `handle` for every event of the core, for as long as the window lives.
pub(crate) async fn listen(handle: impl Fn(Event) + 'static) -> Result<(), ApiError> {
    #[derive(Serialize)]
    struct Target {
        kind: &'static str,
    }
    #[derive(Serialize)]
    struct Arguments {
        event: &'static str,
        target: Target,
        handler: u32,
    }
    let callback = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
        let payload = js_sys::Reflect::get(&message, &JsValue::from_str("payload"));
        // An event that this page does not know comes from a newer core; it is not for this page.
        if let Some(event) = payload.ok().and_then(|payload| from_js(&payload).ok()) {
            handle(event);
        }
    });
    let handler = tauri_callback(callback.as_ref()).map_err(|error| bridge(&error))?;
    // The core keeps calling it until the window closes.
    callback.forget();
    let arguments = Arguments { event: EVENT_NAME, target: Target { kind: "Any" }, handler };
    invoke::<serde::de::IgnoredAny>("plugin:event|listen", &arguments).await.map(|_| ())
}

async fn invoke<T: DeserializeOwned>(command: &str, arguments: &impl Serialize) -> Result<T, ApiError> {
    let arguments = to_js(arguments)?;
    match tauri_invoke(command, arguments).await {
        Ok(answer) => from_js(&answer),
        Err(error) => Err(from_js(&error).map_or_else(|_| bridge(&error), ApiError::Refused)),
    }
}

fn to_js(value: &impl Serialize) -> Result<JsValue, ApiError> {
    let text = serde_json::to_string(value).map_err(|error| ApiError::Bridge(error.to_string()))?;
    js_sys::JSON::parse(&text).map_err(|error| bridge(&error))
}

fn from_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, ApiError> {
    // `undefined` has no JSON form; it is how an empty answer arrives.
    let text = if value.is_undefined() {
        "null".to_owned()
    } else {
        js_sys::JSON::stringify(value).map_err(|error| bridge(&error))?.into()
    };
    serde_json::from_str(&text).map_err(|error| ApiError::Bridge(error.to_string()))
}

fn bridge(error: &JsValue) -> ApiError {
    ApiError::Bridge(error.as_string().unwrap_or_else(|| format!("{error:?}")))
}
