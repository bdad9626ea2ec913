// SPDX-License-Identifier: GPL-2.0-only
// Reads a JSON list of texts from standard input and writes what Mermaid's own parser makes of each: its participants
// and its notes and messages in order, of a flowchart its nodes and arrows, or the error. $DFSRACE_MERMAID: the folder
// in which the packages are installed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const installed = join(process.env.DFSRACE_MERMAID, "node_modules");
const load = (path) => import(pathToFileURL(join(installed, path)).href);

const { JSDOM } = (await load("jsdom/lib/api.js")).default;
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;

const mermaid = (await load("mermaid/dist/mermaid.core.mjs")).default;
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

async function parsed(text) {
  try {
    const { diagramType } = await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    if (diagram.db.getVertices) {
      const nodes = [...diagram.db.getVertices().values()].map((node) => ({ id: node.id, text: node.text }));
      const groups = diagram.db.getSubGraphs().map((group) => ({ title: group.title, nodes: group.nodes }));
      const arrows = diagram.db.getEdges().map((edge) => ({ from: edge.start, to: edge.end, text: edge.text }));
      return { type: diagramType, nodes, groups, arrows };
    }
    const participants = [...diagram.db.getActors().values()].map((actor) => actor.description);
    const messages = diagram.db.getMessages().map((message) => ({
      from: message.from,
      to: message.to,
      text: message.message,
      note: message.placement !== undefined,
    }));
    return { type: diagramType, participants, messages };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

const results = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  results.push(await parsed(text));
}
process.stdout.write(JSON.stringify(results));
