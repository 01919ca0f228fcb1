internal import Support

/// The routes of the service.
enum Route: Hashable, Sendable {
    case verify
    case promotions
    case statements
    case promotion(id: String)
    case health
    case ready
    case metrics
    case document

    /// The route of a path below a base path; nil when there is none.
    ///
    /// Probes and metrics are at the top as well: the cluster requests them from the pod, and not through a proxy.
    init?(path: String, under base: BasePath) {
        if let rest = base.rest(of: path) {
            self.init(path: rest)
        } else if let route = Route(path: path), route.isProbe || route == .metrics {
            self = route
        } else {
            return nil
        }
    }

    /// The route of a path; nil when there is none.
    init?(path: String) {
        switch path {
        case "/verify": self = .verify
        case "/v1/promotions": self = .promotions
        case "/v1/statements": self = .statements
        case "/healthz": self = .health
        case "/readyz": self = .ready
        case "/metrics": self = .metrics
        case "/openapi.json": self = .document
        default:
            let prefix = "/v1/promotions/"
            let id = path.utf8.dropFirst(prefix.utf8.count)
            let isHex = id.allSatisfy { "0123456789abcdef".utf8.contains($0) }
            guard path.hasPrefix(prefix), id.count == 64, isHex else { return nil }
            self = .promotion(id: String(Substring(id)))
        }
    }

    /// The method of the route.
    var method: String {
        switch self {
        case .verify, .promotions, .statements: "POST"
        default: "GET"
        }
    }

    /// The name in metrics and logs.
    var name: String {
        switch self {
        case .verify: "/verify"
        case .promotions: "/v1/promotions"
        case .statements: "/v1/statements"
        case .promotion: "/v1/promotions/{id}"
        case .health: "/healthz"
        case .ready: "/readyz"
        case .metrics: "/metrics"
        case .document: "/openapi.json"
        }
    }

    /// True for the routes that have places and, where configured, a port of their own: an orchestrator decides by them to
    /// restart the service or to send it requests, and operators see by them what it does.
    var isProbe: Bool { self == .health || self == .ready || self == .metrics }

    /// True when no token is required: probes and metrics scrapers have none.
    var isOpen: Bool {
        switch self {
        case .health, .ready, .metrics, .document: true
        default: false
        }
    }
}
