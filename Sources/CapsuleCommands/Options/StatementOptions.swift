internal import CapsuleTrust
internal import CommandParser
internal import OCI
internal import ReleaseWorkflows
internal import Support

/// The statement of `capsule attest`.
struct StatementOptions: ParsableArguments, Sendable {
    @Flag(
        help: "The provenance (SLSA v1), with the facts of GitHub Actions, GitLab CI or this machine.")
    var provenance = false

    @Option(
        help: ArgumentHelp(
            "The SBOM: SPDX or CycloneDX JSON that describes this release.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var sbom: String?

    @Option(
        help: ArgumentHelp("Attest that the release was verified in this stage.", valueName: "stage"),
        transform: Parse.name)
    var verified: String?

    @Option(
        help: ArgumentHelp(
            "With --verified: a file such as a test report; its name and SHA-256 are attested.", valueName: "file"),
        completion: .file())
    var evidence: String?

    @Option(
        help: ArgumentHelp("With --verified: a web page about the verification.", valueName: "url"),
        transform: Parse.webAddress)
    var url: String?

    @Option(
        help: ArgumentHelp("A custom predicate: a JSON file of the type of --type.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var predicate: String?

    @Option(
        help: ArgumentHelp(
            "The type of --predicate: slsaprovenance1, spdx, cyclonedx, or the URI of a predicate type.",
            valueName: "type"))
    var type: String?

    func validate() throws {
        let kinds = [provenance, sbom != nil, verified != nil, predicate != nil].count { $0 }
        guard kinds == 1 else {
            throw ValidationError("give exactly one of --provenance, --sbom, --verified and --predicate")
        }
        guard (predicate == nil) == (type == nil) else {
            throw ValidationError("--predicate and --type must be given together: the content and its type")
        }
        guard verified != nil || (evidence == nil && url == nil) else {
            throw ValidationError("--evidence and --url describe a verification; add --verified STAGE")
        }
    }

    /// The statement that the options request.
    func statement(_ session: Session) throws -> EvidenceStatement {
        if provenance { return .provenance(try BuildEnvironment(session.environment)) }
        if let sbom { return .sbom(try InputFile.read(sbom, option: "--sbom"), file: sbom) }
        if let verified { return .verification(try verification(verified)) }
        guard let predicate, let type, let uri = PredicateType.named(type) else {
            throw UsageError(
                "--type \(quoted(type ?? "")) is neither slsaprovenance1, spdx, cyclonedx nor a predicate type's URI")
        }
        return .custom(type: uri, json: try InputFile.read(predicate, option: "--predicate"), file: predicate)
    }

    private func verification(_ stage: String) throws -> VerificationStatement {
        let evidence = try evidence.map { path in
            VerificationStatement.Evidence(
                name: path.split(separator: "/").last.map(String.init) ?? path,
                digest: .sha256(of: try InputFile.read(path, option: "--evidence")))
        }
        return VerificationStatement(stage: stage, verifiedAt: Verifier.systemClock(), evidence: evidence, url: url)
    }
}
