/// A route as the metrics count it: its name, and the statuses of its responses.
struct CountedRoute: Sendable {
    let name: String
    let statuses: [Int]

    /// The name of all paths without a route.
    static let unknown = "other"

    static let all = [
        CountedRoute("/verify", [200, 400, 401, 403, 405, 413, 422, 429, 499, 500, 503]),
        CountedRoute("/v1/promotions", [200, 202, 400, 401, 403, 405, 409, 413, 422, 429, 499, 500, 503]),
        CountedRoute("/v1/promotions/{id}", [200, 202, 401, 404, 405, 422, 503]),
        CountedRoute("/v1/statements", [200, 400, 401, 403, 405, 409, 413, 422, 429, 499, 500, 503]),
        CountedRoute("/healthz", [200, 405, 503]), CountedRoute("/readyz", [200, 405, 503]),
        CountedRoute("/metrics", [200, 405]), CountedRoute("/openapi.json", [200, 405]),
        CountedRoute(unknown, [404]),
    ]

    private init(_ name: String, _ statuses: [Int]) {
        self.name = name
        self.statuses = statuses
    }
}
