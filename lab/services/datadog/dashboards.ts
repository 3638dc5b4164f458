import { randomInt } from "node:crypto";
import type { z } from "zod";
import type { Answer, Call } from "../http";
import { bodyOf } from "./body";
import { answerOf, type Collection } from "./collection";
import { dashboardBody } from "./dashboard-schema";
import { plainRefusal } from "./refusal";
import type { Section } from "./section";

/** A dashboard as the API answers it. */
export type Dashboard = z.output<typeof dashboardBody> & {
  readonly id: string;
  readonly url: string;
  readonly author_handle: string;
  readonly author_name: string;
  readonly created_at: string;
  readonly modified_at: string;
};

/** The organisation's dashboards: /api/v1/dashboard. They are kept, and not drawn. */
export class Dashboards implements Collection<Dashboard> {
  readonly path = "/api/v1/dashboard";
  readonly changedBy = "PUT";

  constructor(
    private readonly kept: Section<Dashboard>,
    private readonly now: () => number,
  ) {}

  /** Undefined where the path is another's. */
  answer(call: Call): Answer | undefined {
    return answerOf(this, call);
  }

  list(): Answer {
    return { status: 200, body: { dashboards: this.kept.all().map(summary) } };
  }

  read(found: Dashboard): Answer {
    return { status: 200, body: found };
  }

  remove(found: Dashboard): Answer {
    this.kept.keep(this.kept.all().filter((dashboard) => dashboard !== found));
    return { status: 200, body: { deleted_dashboard_id: found.id } };
  }

  create(call: Call): Answer {
    const id = [0, 0, 0].map(() => randomInt(36 ** 2, 36 ** 3).toString(36)).join("-");
    const dashboard = this.view(id, call, new Date(this.now()).toISOString());
    this.kept.keep([...this.kept.all(), dashboard]);
    return { status: 200, body: dashboard };
  }

  change(before: Dashboard, call: Call): Answer {
    const after = this.view(before.id, call, before.created_at);
    this.kept.keep(this.kept.all().map((dashboard) => (dashboard === before ? after : dashboard)));
    return { status: 200, body: after };
  }

  private view(id: string, call: Call, created: string): Dashboard {
    const given = bodyOf(dashboardBody, call.body, "Invalid dashboard");
    const slug = given.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    return {
      id,
      ...given,
      widgets: given.widgets.map((widget) => ({ ...widget, id: widget.id ?? randomInt(2 ** 47) })),
      url: `/dashboard/${id}/${slug.replaceAll(/^-|-$/g, "")}`,
      author_handle: "lab@example.com",
      author_name: "lab",
      created_at: created,
      modified_at: new Date(this.now()).toISOString(),
    };
  }

  find(id: string): Dashboard {
    const found = this.kept.all().find((dashboard) => dashboard.id === id);
    if (found === undefined) {
      throw plainRefusal(404, `Dashboard with ID ${id} not found`);
    }
    return found;
  }
}

function summary({ widgets: _widgets, template_variables: _variables, notify_list: _notify, ...rest }: Dashboard) {
  return { ...rest, is_read_only: false };
}
