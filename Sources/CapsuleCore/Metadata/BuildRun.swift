/// A CI system's description of one of its runs, which only the caller can supply. Without a run, provenance does not
/// depend on who builds, where or when.
public struct BuildRun: Hashable, Sendable, Codable {
    /// The URI of the builder, which is the trust boundary in SLSA's sense.
    public var builderID: String
    /// The builder's id of this run, a URI if it has one.
    public var invocationID: String?
    /// When the run started, in seconds since 1970.
    public var started: Int64?
    /// When the run finished, in seconds since 1970.
    public var finished: Int64?
    /// The Git ref that the run was started for.
    public var ref: String?
    /// The path of the workflow in the source.
    public var workflow: String?

    /// Describes a run.
    public init(
        builderID: String, invocationID: String? = nil, started: Int64? = nil, finished: Int64? = nil,
        ref: String? = nil, workflow: String? = nil
    ) {
        self.builderID = builderID
        self.invocationID = invocationID
        self.started = started
        self.finished = finished
        self.ref = ref
        self.workflow = workflow
    }
}
