/* What stands between a browser and the server in many homes: a proxy that puts it below a path. It
 * can be taken away, and can hand out another build of the app than the server has. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export class Proxy {
  private readonly sockets = new Set<Socket>();
  private port = 0;
  private server = createServer((asked, answer) => this.pass(asked, answer));
  /** Changes the text of a page or script on its way. */
  rewrite: (path: string, text: string) => string = (_, text) => text;

  /** @param base  with a slash at both ends */
  constructor(
    private readonly target: URL,
    readonly base: string,
  ) {
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${this.base}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      // The same port again after it was taken away.
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = asked.url ?? '/';
    if (!path.startsWith(this.base)) {
      answer.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
      return;
    }
    const below = `/${path.slice(this.base.length)}`;
    const isText = /^\/(?!api\/|assets\/)[^?]*$/.test(below);
    const headers = { ...asked.headers };
    if (isText) delete headers['accept-encoding'];
    const { hostname, port } = this.target;
    const onward = request(
      { hostname, port, method: asked.method, path: below, headers },
      (reply) => {
        const type = reply.headers['content-type'] ?? '';
        if (!isText || !/^text\/(html|javascript)/.test(type) || reply.statusCode !== 200) {
          answer.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(answer);
          return;
        }
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => {
          const text = Buffer.concat(parts)
            .toString()
            .replace('<base href="/"', `<base href="${this.base}"`);
          const body = Buffer.from(this.rewrite(below, text));
          const { etag: _, ...kept } = reply.headers;
          answer.writeHead(200, { ...kept, 'content-length': body.length }).end(body);
        });
      },
    );
    onward.on('error', () => answer.writeHead(502).end());
    asked.pipe(onward);
  }
}
