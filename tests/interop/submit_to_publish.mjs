// From submission to publication by tool calls alone: node submit_to_publish.mjs v1|v2 URL TOKEN WORK.json
import { readFileSync } from 'node:fs';

const [sdk, url, token, file] = process.argv.slice(2);
const work = JSON.parse(readFileSync(file, 'utf8'));
const headers = { Authorization: `Bearer ${token}` };
const info = { name: `interop-${sdk}`, version: '1' };

async function connected() {
  const from = sdk === 'v1' ? '@modelcontextprotocol/sdk/client' : '@modelcontextprotocol/client';
  const { Client } = await import(sdk === 'v1' ? `${from}/index.js` : from);
  const { StreamableHTTPClientTransport } = await import(sdk === 'v1' ? `${from}/streamableHttp.js` : from);
  const client = sdk === 'v1' ? new Client(info) : new Client(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

const client = await connected();
const call = async (name, args) => {
  const answer = await client.callTool({ name, arguments: args });
  if (answer.isError) throw new Error(answer.content[0].text);
  return answer.structuredContent;
};
const settled = async (paper_id) => {
  for (;;) {
    const status = await call('get_status', { paper_id, wait_s: 20 });
    if (!status.poll_after_s && status.state !== 'accepted') return status;
    if (status.state === 'accepted') {
      const { title } = await call('get_paper', { paper_id });
      return call('publish', { paper_id, confirm_title: title, idempotency_key: `publish-${sdk}-${paper_id}` });
    }
  }
};

const tools = (await client.listTools()).tools.map((tool) => tool.name);
if (!tools.includes('submit_paper')) throw new Error(`no submit_paper in ${tools}`);
const sent = await call('submit_paper', {
  ...work.paper, manuscript: work.v1, title: `${work.title} (${info.name})`, idempotency_key: `submit-${sdk}-${work.run}`,
});
let status = await settled(sent.paper_id);
if (status.state === 'revision_requested') {
  await call('get_reviews', { paper_id: sent.paper_id });
  await call('submit_revision', {
    paper_id: sent.paper_id, base_version: 1, manuscript: work.v2, answers: work.answers,
    response_letter: work.letter, idempotency_key: `revise-${sdk}-${work.run}`,
  });
  status = await settled(sent.paper_id);
}
await client.close();
console.log(`${info.name}: ${status.state} ${status.identifier ?? ''}`);
process.exit(status.state === 'published' ? 0 : 1);
