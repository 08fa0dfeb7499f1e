// One request by a client from npm, as an application would make it; prints what it understood of the answer.
//
//   node node_clients.mjs CLIENT PACKAGES-FOLDER PROXY-PORT
import { createRequire } from 'node:module';
import path from 'node:path';

const [client, packages, port] = process.argv.slice(2);
const load = createRequire(path.join(packages, 'package.json'));
const proxy = `http://127.0.0.1:${port}`;

const clients = {
  // Plain HTTP through CONNECT host:80.
  async undici() {
    const { EnvHttpProxyAgent, fetch } = load('undici');
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy });
    const answer = await fetch('http://plain.test/movie.json', { dispatcher });
    return (await answer.json()).title;
  },
  // CONNECT host:443.
  async 'undici-https'() {
    const { EnvHttpProxyAgent, fetch } = load('undici');
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy });
    const answer = await fetch('https://plain.test/movie.json?by=undici', { dispatcher });
    return (await answer.json()).title;
  },
  async 'undici-strict'() {
    const { EnvHttpProxyAgent, fetch } = load('undici');
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy });
    return (await (await fetch('https://node.strict.test/movie.json', { dispatcher })).json()).title;
  },
  // GET https://… in absolute form: the proxy speaks TLS upstream.
  async needle() {
    const answer = await load('needle')('get', 'https://api.themoviedb.org/3/movie/603?api_key=invented', { proxy });
    return answer.body.title;
  },
  async 'moviedb-base-url'() {
    const { MovieDb } = load('moviedb-promise');
    return (await new MovieDb('invented', `${proxy}/tmdb/3/`).movieInfo({ id: 603 })).title;
  },
  // CONNECT host:443, a blind tunnel.
  async 'moviedb-proxy'() {
    process.env.https_proxy = proxy;
    const { MovieDb } = load('moviedb-promise');
    return (await new MovieDb('invented').movieInfo({ id: 603 })).title;
  },
  async 'rss-parser'() {
    const feed = await new (load('rss-parser'))().parseURL(`${proxy}/feeds/rss`);
    return feed.items.map((item) => item.title).join(' ');
  },
};

try {
  console.log(await clients[client]());
} catch (problem) {
  console.error(problem);
  process.exit(1);
}
