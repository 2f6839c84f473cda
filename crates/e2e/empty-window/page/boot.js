// Starts the WebAssembly page, as the application's does.
import init from "./bithedge-empty-page.js";

await init({ module_or_path: "./bithedge-empty-page_bg.wasm" });
