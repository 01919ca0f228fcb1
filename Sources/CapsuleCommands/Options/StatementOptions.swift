internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import FoundationEssentials
internal import OCI
internal import Support

/// What `capsule attest` attests: one of these.
struct StatementOptions: ParsableArguments, Sendable {
    @Flag(
        help: "Where the release came from, as GitHub Actions, GitLab CI or this machine says it (SLSA provenance v1).")
    var provenance = false

    @Option(
        help: ArgumentHelp(
            "What is in it: SPDX or CycloneDX JSON, which must be about this release.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var sbom: String?

    @Option(help: ArgumentHelp("That it works in this stage.", valueName: "stage"), transform: Parse.name)
    var verified: String?

    @Option(
        help: ArgumentHelp(
            "A file that shows it, such as a test report: its name and digest are attested.", valueName: "file"),
        completion: .file())
    var evidence: String?

    @Option(
        help: ArgumentHelp("Where to read more, with --verified.", valueName: "url"), transform: Parse.webAddress)
    var url: String?

    @Option(
        help: ArgumentHelp("Anything else: a JSON file, which is the predicate of --type.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var predicate: String?

    @Option(
        help: ArgumentHelp(
            "What --predicate is: slsaprovenance1, spdx, cyclonedx, or a predicate type's URI.", valueName: "type"))
    var type: String?

    func validate() throws {
        let kinds = [provenance, sbom != nil, verified != nil, predicate != nil].count { $0 }
        guard kinds == 1 else {
            throw ValidationError("give one of --provenance, --sbom, --verified and --predicate: one statement a run")
        }
        guard (predicate == nil) == (type == nil) else {
            throw ValidationError("--predicate and --type go together: one is the content, the other says what it is")
        }
        guard verified != nil || (evidence == nil && url == nil) else {
            throw ValidationError("--evidence and --url say something about --verified; name the stage")
        }
    }

    /// The statement's predicate for a release.
    func predicate(_ contents: CapsuleContents, _ session: Session) throws -> AttestationPredicate {
        if provenance {
            return try BuildEnvironment(session.environment).provenance(of: contents.release)
        }
        if let sbom { return try Self.sbom(InputFile.read(sbom, option: "--sbom"), file: sbom, contents) }
        if let verified { return try verification(verified) }
        let file = predicate ?? ""
        guard let uri = PredicateType.named(type ?? "") else {
            throw UsageError(
                "--type \(quoted(type ?? "")) is neither slsaprovenance1, spdx, cyclonedx nor a predicate type's URI")
        }
        return try AttestationPredicate(type: uri, json: InputFile.read(file, option: "--predicate"), file: file)
    }

    /// An SBOM that fits a release.
    private static func sbom(_ bytes: [UInt8], file: String, _ contents: CapsuleContents) throws -> AttestationPredicate
    {
        let findings = SBOM.check(bytes, image: contents.release.image, package: contents.package)
        guard findings.isEmpty else {
            throw CapsuleError(
                .invalidMetadata, "\(file) is no SBOM of this release; nothing was attested", findings: findings)
        }
        return try AttestationPredicate(sbom: bytes, file: file)
    }

    private func verification(_ stage: String) throws -> AttestationPredicate {
        let evidence = try evidence.map { path in
            VerificationStatement.Evidence(
                name: path.split(separator: "/").last.map(String.init) ?? path,
                digest: .sha256(of: try InputFile.read(path, option: "--evidence")))
        }
        let statement = VerificationStatement(
            stage: stage, verifiedAt: WallClock.system(), evidence: evidence, url: url)
        // Read back as every reader will: a stage that cannot be one is found out here.
        let predicate = statement.predicate
        return try AttestationPredicate(type: predicate.type, json: predicate.bytes, file: "--verified \(stage)")
    }
}
