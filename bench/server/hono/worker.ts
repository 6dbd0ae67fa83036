/** A site with a server of Hono: a page of 120 lines that is rendered for each request. */
import { Hono } from 'hono';
import { html } from 'hono/html';

const app = new Hono();

app.get('/posts/:id', (c) => {
  const lines = Array.from({ length: 120 }, (_, n) => html`<p>Item ${n} costs ${n * 7}.</p>`);
  return c.html(html`<!doctype html><title>Shop</title><h1>Post ${c.req.param('id')}</h1>${lines}`);
});

export default app;
