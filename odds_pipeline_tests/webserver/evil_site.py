"""A web page of a stranger, open in the same browser, that tries everything a page can.

It stands on another port of the same machine: to a browser the same site, which is the stronger
attacker, and from ``localhost`` against ``127.0.0.1`` a foreign one.
"""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Loaded, and looked at, when its last picture is there: when all was tried.
PAGE = """<!doctype html><pre id=said></pre><img src="/over"><script>
const uis = %(uis)s, questions = %(questions)s;
const said = {}, tell = (what, how) => { const words = what + ": " + how;
  said[words] = (said[words] || 0) + 1;
  document.getElementById("said").textContent =
    Object.entries(said).map(([words, times]) => words + " " + times).join("\\n"); };
const fetched = async (what, url, options) => { try {
  const answer = await fetch(url, options);
  tell(what, answer.type === "opaque" ? "opaque" : "answered"); }
  catch (refused) { tell(what, "refused"); } };
const embedded = (tag, url) => new Promise(done => {
  const element = document.createElement(tag);
  element.onload = () => { tell(tag, "loaded"); done(); };
  element.onerror = () => { tell(tag, "refused"); done(); };
  element.rel = "stylesheet";
  document.body.append(element); element.src = element.href = url; });
const posted = (url, type, name, value) => new Promise(done => {
  const frame = document.createElement("iframe"), form = document.createElement("form");
  frame.name = "sent" + Math.random(); form.target = frame.name;
  form.method = "POST"; form.action = url; form.enctype = type;
  const field = document.createElement("input");
  field.name = name; field.value = value; form.append(field);
  document.body.append(frame, form);
  frame.onload = () => { tell("form", "sent"); done(); }; form.submit(); });
const connected = (url, body) => new Promise(done => {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-ws");
  socket.onopen = () => { tell("websocket", "open"); socket.send(body); done(); };
  socket.onerror = () => { tell("websocket", "refused"); done(); }; });
(async () => {
  for (const ui of uis) for (const question of questions) {
    const url = ui + "/graphql", get = url + "?query=" + encodeURIComponent(question);
    const body = JSON.stringify({query: question}), json = {"Content-Type": "application/json"};
    await Promise.all([
      fetched("simple post", url, {method: "POST", mode: "no-cors", body}),
      fetched("query post", get, {method: "POST", mode: "no-cors"}),
      fetched("json post", url, {method: "POST", headers: json, body}),
      fetched("get", get, {mode: "no-cors"}),
      fetched("cors get", get, {}),
      embedded("img", get), embedded("script", get), embedded("link", get)]);
  }
  for (const ui of uis) for (const question of questions.slice(0, %(few)d)) {
    const body = JSON.stringify({query: question});
    await connected(ui + "/graphql",
      JSON.stringify({type: "start", id: "1", payload: {query: question}}));
    await posted(ui + "/graphql", "text/plain", body.slice(0, -1) + ',"x":"', '"}');
    await posted(ui + "/graphql", "application/x-www-form-urlencoded", "query", question);
    await posted(ui + "/graphql?query=" + encodeURIComponent(question),
      "multipart/form-data", "query", question); }
  tell("end", "reached"); await fetch("/tried");
})();
</script>"""

PATIENCE_S = 120.0
# Of the questions for what is slow: a form, to a server the same as a simple post, and a websocket,
# refused before it could ask.
FEW = 2


@contextmanager
def evil_site(uis: Collection[str], questions: Collection[str]) -> Iterator[str]:
    """The address of a page that asks each question of each address of a UI."""
    html = PAGE % {
        "uis": json.dumps([*uis]),
        "questions": json.dumps([*questions]),
        "few": FEW,
    }

    tried = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/tried":
                tried.set()
            if self.path == "/over":
                tried.wait(PATIENCE_S)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode() if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
