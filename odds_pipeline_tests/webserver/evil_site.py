"""A web page of a stranger, open in the same browser, that tries everything a page can."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Harmless, and seen in Dagster's database when it went through.
CHANGE = 'mutation { setConcurrencyLimit(concurrencyKey: "stolen", limit: 1) }'

PAGE = """<!doctype html><pre id=said></pre><script>
const ui = "%(ui)s", change = %(change)s, body = JSON.stringify({query: change});
const get = ui + "/graphql?query=" + encodeURIComponent(change);
const said = [], tell = (what, how) => { said.push(what + ": " + how);
  document.getElementById("said").textContent = said.join("\\n"); };
const tried = async (what, options, url) => { try {
  const answer = await fetch(url || ui + "/graphql", options);
  tell(what, answer.type === "opaque" ? "opaque" : await answer.text()); }
  catch (refused) { tell(what, "refused"); } };
(async () => {
  await tried("simple post", {method: "POST", mode: "no-cors", body});
  await tried("json post", {method: "POST", headers: {"Content-Type": "application/json"}, body});
  await tried("get", {mode: "no-cors"}, get);
  for (const tag of ["img", "script", "iframe", "link"]) {
    const element = document.createElement(tag);
    element.src = element.href = get; element.rel = "stylesheet";
    document.body.append(element); }
  const form = document.createElement("form");
  form.method = "POST"; form.action = ui + "/graphql"; form.enctype = "text/plain";
  form.target = "sent"; const field = document.createElement("input");
  field.name = body.slice(0, -1) + ',"x":"'; field.value = '"}'; form.append(field);
  const frame = document.createElement("iframe"); frame.name = "sent";
  document.body.append(frame, form); form.submit();
  const socket = new WebSocket(ui.replace("http", "ws") + "/graphql", "graphql-ws");
  socket.onopen = () => { tell("websocket", "open"); socket.send(JSON.stringify({type: "start",
    id: "1", payload: {query: change}})); };
  socket.onerror = () => tell("websocket", "refused");
  setTimeout(() => tell("end", "reached"), 3000);
})();
</script>"""


@contextmanager
def evil_site(ui: str) -> Iterator[str]:
    """The address of a page that attacks the UI at ``ui``, from another origin."""
    html = PAGE % {"ui": ui, "change": json.dumps(CHANGE)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
