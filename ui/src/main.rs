//! The window's page: shows what the core tells, and passes on what the user decides.
//!
//! `pages/` are whole pages, `components/` what they are made of, `state/` what is known, `api.rs` the only way to the
//! core. The page reaches no network, holds no secret, and computes no amount except through `bithedge-protocol`.

#![allow(unreachable_pub, reason = "the component macro makes every component's properties `pub`")]

mod api;
mod app;
mod components;
mod format;
mod frame;
mod json;
mod pages;
mod route;
mod state;

fn main() {
    let root = leptos::prelude::document().get_element_by_id("app");
    match root {
        Some(root) => {
            let root = wasm_bindgen::JsCast::unchecked_into(root);
            leptos::mount::mount_to(root, app::App).forget();
        }
        None => leptos::mount::mount_to_body(app::App),
    }
}
