// Starts the WebAssembly program that the page names. A file of its own, because the content security policy allows no inline script.
try {
    const { program } = document.documentElement.dataset;
    // Both at once: the program is the larger, and is compiled while it arrives.
    const compiled = WebAssembly.compileStreaming(fetch(`./${program}_bg.wasm`));
    const [{ default: init }] = await Promise.all([import(`./${program}.js`), compiled]);
    await init({ module_or_path: compiled });
} catch (error) {
    // Without the page there is nobody else to tell.
    const failure = document.createElement("main");
    failure.className = "boot-failure";
    failure.setAttribute("role", "alert");
    for (const [tag, text] of [
        ["h1", "BitHedge could not start its window"],
        ["p", "Your money is safe: nothing was signed or sent. Close BitHedge and open it again; if it happens again, install it anew."],
        ["pre", String(error)],
    ]) {
        failure.appendChild(document.createElement(tag)).textContent = text;
    }
    document.body.replaceChildren(failure);
}
