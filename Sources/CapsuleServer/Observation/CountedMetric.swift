internal import CapsuleTrust
internal import Promotion

/// The metrics that count events.
///
/// All values of labels are constants of this program, so no request can add a series; `known` lists them, and each begins at
/// zero.
enum CountedMetric: Int, CaseIterable, Sendable {
    case requests
    case refusedConnections
    case verdicts
    case checks
    case registryCalls
    case cacheReads
    case promotions
    case statements
    case failures

    var name: String {
        switch self {
        case .requests: "capsule_requests_total"
        case .refusedConnections: "capsule_connections_refused_total"
        case .verdicts: "capsule_verdicts_total"
        case .checks: "capsule_checks_total"
        case .registryCalls: "capsule_registry_calls_total"
        case .cacheReads: "capsule_cache_reads_total"
        case .promotions: "capsule_promotions_total"
        case .statements: "capsule_statements_total"
        case .failures: "capsule_failures_total"
        }
    }

    var help: String {
        switch self {
        case .requests: "Requests, by route and status."
        case .refusedConnections:
            "Connections that were closed because they were too slow, too large or too many, by status."
        case .verdicts: "Verdicts, by result and source: the chain of checks, or the cache in memory."
        case .checks: "Checks, by id and status; those that a policy names are attestation."
        case .registryCalls: "Calls to registries, by operation and outcome."
        case .cacheReads: "Reads of content: from the cache, from the registry, or damaged in the cache."
        case .promotions: "Completed promotions, by outcome."
        case .statements: "Statements that were requested without a promotion, by outcome."
        case .failures: "Requests and promotions without a result, by reason."
        }
    }

    /// The names of the labels.
    var labels: [String] {
        switch self {
        case .requests: ["route", "status"]
        case .refusedConnections: ["status"]
        case .verdicts: ["result", "source"]
        case .checks: ["check", "status"]
        case .registryCalls: ["operation", "outcome"]
        case .cacheReads: ["result"]
        case .promotions, .statements: ["outcome"]
        case .failures: ["reason"]
        }
    }

    /// The values of the labels that the metric has from the start.
    var known: [LabelValues] {
        switch self {
        case .requests:
            CountedRoute.all.flatMap { route in route.statuses.map { LabelValues(route.name, "\($0)") } }
        case .refusedConnections: [400, 408, 413, 417, 431, 501, 503, 505].map { LabelValues("\($0)") }
        case .verdicts:
            [LabelValues("ok", "chain"), LabelValues("ok", "memory"), LabelValues("rejected", "chain")]
        case .checks:
            Self.checkIDs.flatMap { id in
                [CheckStatus.pass, .fail, .skipped].map { LabelValues(id, $0.rawValue) }
            }
        case .registryCalls:
            RegistryOperation.allCases.flatMap { operation in
                Self.callOutcomes.map { LabelValues(operation.rawValue, $0) }
            }
        case .cacheReads: ["hit", "miss", "damaged"].map { LabelValues($0) }
        case .promotions:
            [PromotionReceipt.Outcome.promoted, .unchanged, .review, .refused, .rejected, .contended].map {
                LabelValues($0.rawValue)
            } + [LabelValues("failed")]
        case .statements: ["added", "present", "missing", "other", "refused"].map { LabelValues($0) }
        case .failures: FailureReason.allCases.map { LabelValues($0.rawValue) }
        }
    }

    /// The ids of checks, and one for all those that a policy names.
    static let checkIDs = CheckResult.fixedIDs + ["request.release", attestationCheck]
    static let attestationCheck = "attestation"

    /// The outcomes of calls of registries that operators see in practice. Others appear with their first call.
    private static let callOutcomes = [
        "ok", "not-found", "unavailable", "unauthorized", "content-mismatch", "protocol-violation", "cancelled",
    ]
}

/// An operation of a registry, as it is counted.
enum RegistryOperation: String, CaseIterable, Sendable {
    case tag, manifest, content, referrers, tags
}

/// The metrics that time events.
enum TimedMetric: Int, CaseIterable, Sendable {
    case requests
    case registryCalls
    case promotions
    case renders
    case git

    var name: String {
        switch self {
        case .requests: "capsule_request_duration_seconds"
        case .registryCalls: "capsule_registry_call_duration_seconds"
        case .promotions: "capsule_promotion_duration_seconds"
        case .renders: "capsule_render_duration_seconds"
        case .git: "capsule_git_duration_seconds"
        }
    }

    var help: String {
        switch self {
        case .requests: "Duration of requests, by route."
        case .registryCalls: "Duration of calls to registries, by operation."
        case .promotions: "Duration of promotions, from their start to their end."
        case .renders: "Duration of runs of a renderer, by program."
        case .git:
            "Duration of calls to Git, by operation: fetch, push, ls-remote, or local for those without a network."
        }
    }

    /// The name of the label; nil when there is none.
    var label: String? {
        switch self {
        case .requests: "route"
        case .registryCalls, .git: "operation"
        case .renders: "program"
        case .promotions: nil
        }
    }

    static let rendererNames = ["helm", "kubectl", "kustomize"]
    /// The operations of Git that use the network, and one for all others.
    static let gitOperations = ["fetch", "ls-remote", "push", localGit]
    static let localGit = "local"

    /// The values of the label that the metric has from the start.
    var known: [String] {
        switch self {
        case .requests: CountedRoute.all.map(\.name)
        case .registryCalls: RegistryOperation.allCases.map(\.rawValue)
        case .promotions: [""]
        case .renders: Self.rendererNames
        case .git: Self.gitOperations
        }
    }

    /// The upper bounds of the buckets in seconds: from a cached response, or from a promotion without changes, to what
    /// reaches the limit of its time.
    var bounds: [Double] {
        switch self {
        case .promotions: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900]
        default: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
        }
    }
}

/// The values of at most two labels, in the order of their names.
struct LabelValues: Hashable, Sendable, Comparable {
    let first: String
    let second: String

    init(_ first: String, _ second: String = "") {
        self.first = first
        self.second = second
    }

    static func < (left: LabelValues, right: LabelValues) -> Bool {
        (left.first, left.second) < (right.first, right.second)
    }
}
