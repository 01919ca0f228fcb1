import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import Logging
import OCI
import OCIRegistry
import OCITransports
import ReleaseTestSupport
import ReleaseWorkflows
import Signing
import Support
import Synchronization
import Testing

/// A signed and attested release in a registry in memory, and what the commands do with it, in this process.
struct RegistryStand: Sendable {
    /// What reads or writes the release.
    enum Command: String, CaseIterable, Sendable {
        case verify, list, inspect, status, copy, sign, attest
    }

    /// The end of a command: the exit status that its program has, and all that it prints.
    struct Ending: Sendable {
        var status: Int
        var text: String
    }

    static let key = SigningKey()
    static let second = SigningKey()
    static let stranger = SigningKey()

    let registry: FakeRegistry
    /// The manifests that a test lists as evidence and that are about something else.
    let strangers = Strangers()
    let made: Variant.Made
    let opener: DefaultContentOpener

    var repository: Repository { get throws { try registry.repository() } }
    var tag: OCI.Tag { get throws { try OCI.Tag("git-\(Variant.commit)") } }
    var reference: ArtifactReference { get throws { ArtifactReference(.registry(try repository), tag: try tag) } }
    var digest: Digest { made.manifest.digest }

    /// Publishes a variant of a release, signed and attested by `key`, and runs `body`.
    ///
    /// - Parameter change: changes the configuration of the client.
    static func with(
        _ options: FakeRegistryOptions = .init(), _ variant: Variant = Variant(), signs: Bool = true,
        _ change: @Sendable (inout RegistryConfiguration) -> Void = { _ in },
        _ body: @Sendable (RegistryStand) async throws -> Void
    ) async throws {
        let made = try variant.make()
        try await withFakeRegistry(options) { registry in
            try await reading(registry, made, change) { stand in
                let opener = stand.opener
                let store = try await opener.store(.registry(stand.repository))
                try await OCI.copy(made.manifest, from: made.store, to: store, tag: nil)
                if signs {
                    let signer = ReleaseSigner(key: key, repository: try stand.repository) { _ in }
                    _ = try await signer.sign(
                        made.manifest, attesting: [predicate("https://example.com/first")], in: store)
                }
                try await store.tag(made.manifest, as: stand.tag)
                try await body(stand)
            }
        }
    }

    /// Runs `body` with a registry that has nothing.
    static func reading(
        _ registry: FakeRegistry, _ made: Variant.Made? = nil,
        _ change: @Sendable (inout RegistryConfiguration) -> Void = { _ in },
        _ body: @Sendable (RegistryStand) async throws -> Void
    ) async throws {
        var configuration = RegistryConfiguration(logger: Logger.silent)
        configuration.clock = InstantClock()
        change(&configuration)
        let made = try made ?? Variant().make()
        try await withContentOpener(configuration) { opener in
            try await body(RegistryStand(registry: registry, made: made, opener: opener))
        }
    }

    static func predicate(_ type: String) throws -> AttestationPredicate {
        try AttestationPredicate(type: type, json: Array("{}".utf8), file: "predicate.json")
    }

    /// Runs a command; an error is an ending, too.
    func run(_ command: Command, key: SigningKey = Self.key) async -> Ending {
        do {
            return try await execute(command, key)
        } catch let error as any Failure {
            let status =
                switch error.kind {
                case .failure: 1
                case .usage: 64
                case .rejected: 65
                case .unavailable: 69
                case .unauthorized: 77
                }
            return Ending(status: status, text: error.description)
        } catch {
            return Ending(status: -1, text: "unexpected: \(String(reflecting: error))")
        }
    }

    private func execute(_ command: Command, _ key: SigningKey) async throws -> Ending {
        let repository = try repository
        let place = StoreReference.registry(repository)
        switch command {
        case .verify:
            let request = VerificationRequest(
                capsule: try reference, source: try await opener.source(place),
                image: .asserted(try Variant.image().descriptor.digest),
                evidence: EvidenceRequirements(
                    signatures: [try SignatureRequirement(keys: [key.verificationKey], repository: repository)]))
            let report = try await Verifier(opener: opener).verify(request).report
            return Ending(status: report.ok ? 0 : 65, text: report.text())
        case .list:
            return Ending(status: 0, text: try await CapsuleListing.read(opener.source(place)).text())
        case .inspect:
            return Ending(
                status: 0, text: try await ReleaseInspection.read(reference, from: opener.source(place)).text())
        case .status:
            let ladder = try await RegistryLadder.read(
                opener.source(place), keys: [key.verificationKey], repository: repository, now: Variant.committed)
            return Ending(status: 0, text: ladder.text())
        case .copy:
            let source = try await opener.source(place)
            guard let root = try await source.resolve(tag) else { return Ending(status: 1, text: "no tag") }
            let report = try await OCI.copy(
                root, from: source, to: opener.store(.registry(registry.repository("mirror/shop"))), tag: tag)
            return Ending(status: 0, text: "\(report.digest)")
        case .sign:
            let capsule = try await CapsuleReader.read(reference, from: opener.source(place))
            let report = try await ReleaseSigner(key: Self.second, repository: repository) { _ in }.sign(
                capsule.manifest.descriptor, in: opener.store(place))
            return Ending(status: 0, text: report.warning ?? "")
        case .attest:
            let capsule = try await CapsuleReader.read(reference, from: opener.source(place))
            let report = try await ReleaseAttester(key: Self.second, repository: repository) { _ in }.attest(
                capsule.manifest.descriptor, Self.predicate("https://example.com/second"), in: opener.store(place))
            return Ending(status: 0, text: report.warning ?? "")
        }
    }
}

/// Digests that a test collects.
final class Strangers: Sendable {
    private let digests = Mutex<[Digest]>([])
    var all: [Digest] { digests.withLock { $0 } }
    func add(_ digest: Digest) { digests.withLock { $0.append(digest) } }
}

/// A clock whose sleeps return at once.
private final class InstantClock: RegistryClock {
    private let passed = Mutex<Duration>(.zero)
    var now: Duration { passed.withLock { $0 } }
    var date: Int64 { Variant.committed + now.components.seconds }
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        passed.withLock { $0 += duration }
    }
}

/// Expects an ending that a person can read: a known status, no control characters, no type of Swift, and not too long.
func expectReadable(
    _ ending: RegistryStand.Ending, _ row: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect([0, 1, 64, 65, 69, 77].contains(ending.status), "\(row): \(ending)", sourceLocation: sourceLocation)
    #expect(
        !ending.text.unicodeScalars.contains { $0 != "\n" && $0.isControlForDisplay }, "\(row): \(ending)",
        sourceLocation: sourceLocation)
    for word in foreignWords where ending.text.contains(word) {
        Issue.record("\(row): \(word) in \(ending)", sourceLocation: sourceLocation)
    }
    #expect(
        ending.status == 0 || ending.text.utf8.count < 4_000, "\(row): \(ending)", sourceLocation: sourceLocation)
}

/// Words of the language, of its libraries and of libcurl that say nothing to a user.
private let foreignWords = [
    "DecodingError", "EncodingError", "CodingKey", "keyNotFound", "typeMismatch", "valueNotFound", "dataCorrupted",
    "ebug description", "ebugDescription", "NSError", "Cocoa", "couldn’t", "couldn't", "Optional(", "Swift.", "Glibc",
    "Foundation", "rawValue", "Error(", "Failure(", "OCIError", "DocumentError", "CapsuleError", "ArchiveError",
    "SystemError", "RejectionReason", "TransportFailure", "HTTPFailure", "curl", "CURLE", "unexpected error",
]
