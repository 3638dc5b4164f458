/** Where a facet's values are seen, and where it is made with two clicks. */
export interface FacetLink {
  /** Attribute, without `@`. */
  readonly attribute: string;
  /** The Log Explorer with the pipeline's logs, counted by this attribute. */
  readonly explorerUrl: string;
}

/** The Log Explorer of a Datadog site: `datadoghq.com` is shown at app.datadoghq.com, `us3.datadoghq.com` at its own name. */
export function explorerOf(site: string): string {
  return `https://${site.split(".").length > 2 ? site : `app.${site}`}/logs`;
}

/** The Log Explorer showing the top values of an attribute among the logs that fit a filter. */
export function facetLink(explorerUrl: string, filter: string, facet: string): FacetLink {
  const attribute = facet.replace(/^@/, "");
  const query = new URLSearchParams({
    query: filter,
    agg_q: `@${attribute}`,
    agg_t: "count",
    viz: "toplist",
    live: "true",
  });
  return { attribute, explorerUrl: `${explorerUrl}?${query.toString()}` };
}
