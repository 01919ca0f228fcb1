import CapsuleCore
import CapsuleTestSupport
import Documents
import GitOps
import OCI
import Synchronization

/// Not the tag of a test.
typealias Tag = OCI.Tag

/// A release in memory that stands for two repositories of a registry.
struct TestRelease: Sendable {
    static let imageRepository = "registry.example.com/shop/web"
    static let capsuleRepository = "registry.example.com/shop/release"

    let tag: Tag
    let image: RawManifest
    let capsule: BuiltCapsule
    let imageStore: MemoryStore
    let capsuleStore: MemoryStore

    /// Makes one; releases with other texts have other digests.
    init(number: Int = 1, text: String = "") async throws {
        let hex = String(number, radix: 16)
        let identity = try ReleaseIdentity("git-" + String(repeating: "0", count: 40 - hex.utf8.count) + hex)
        tag = identity.tag
        image = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{}".utf8)),
                layers: []))
        imageStore = MemoryStore(.registry(try Repository(Self.imageRepository)))
        imageStore.add(image, tag: tag)
        let files = [
            ("base/kustomization.yaml", "resources:\n  - deployment.yaml\n"),
            (
                "base/deployment.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec: {containers: [{name: shop, image: shop}]}\n"
            ), ("base/notes.txt", text),
        ]
        capsule = try CapsuleBuilder.build(
            BuildRequest(
                commit: identity.commit, committed: 1_767_323_045,
                source: .init(repository: "https://example.com/shop.git", path: "k8s"),
                image: .init(
                    repoURL: try Repository(Self.imageRepository), tag: tag, digest: image.descriptor.digest),
                package: PackageTree(
                    kind: .kustomize, entry: try TreeDirectory("base"),
                    files: try files.map { PackageFile(path: try RelativePath($0.0), content: Array($0.1.utf8)) }),
                imageName: "shop"))
        capsuleStore = MemoryStore(.registry(try Repository(Self.capsuleRepository)))
        let root = try await capsule.content.resolve(capsule.digest)
        if let root { try await copy(root, from: capsule.content, to: capsuleStore, tag: tag) }
    }

    /// What `POST /verify` is asked, with changes.
    func request(_ changes: [String: JSONValue] = [:]) -> JSONValue {
        var members: [JSONMember] = []
        for (key, value) in [
            ("image", Self.subject(Self.imageRepository, tag, image.descriptor.digest)),
            ("capsule", Self.subject(Self.capsuleRepository, tag, capsule.digest)),
        ] { members.append(JSONMember(key: key, value: changes[key] ?? value)) }
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) where key != "image" && key != "capsule" {
            members.append(JSONMember(key: key, value: value))
        }
        return .object(members)
    }

    static func subject(_ repository: String, _ tag: Tag, _ digest: Digest?) -> JSONValue {
        .members([
            "repoURL": .string(repository), "tag": .string("\(tag)"), "digest": digest.map { .string("\($0)") },
        ])
    }
}

/// A registry in memory that counts reads, and holds them back or fails when a test says so.
final class TestRegistry: ContentOpener {
    private let stores: [MemoryStore]
    private let reads = Mutex<[String: Int]>([:])
    private let isHolding = Mutex(false)
    private let clock = TestClock()
    private let failure = Mutex<OCIError?>(nil)

    init(_ releases: [TestRelease]) { stores = releases.flatMap { [$0.imageStore, $0.capsuleStore] } }

    /// How often something was read: `tag`, `manifest` or `content`.
    func count(_ what: String) -> Int { reads.withLock { $0[what] ?? 0 } }
    /// How often anything was asked.
    var total: Int { reads.withLock { $0.values.reduce(0, +) } }

    /// The number of reads of content that wait for `release`.
    var held: Int { clock.sleepers }

    /// Holds back reads of content until `release`.
    func hold() { isHolding.withLock { $0 = true } }

    func release() {
        isHolding.withLock { $0 = false }
        clock.advance(by: .seconds(1))
    }

    func fail(with error: OCIError?) { failure.withLock { $0 = error } }

    func source(_ reference: StoreReference) async throws -> any ContentSource {
        let parts = stores.filter { $0.reference == reference }
        guard !parts.isEmpty else { throw OCIError(.unavailable, "\(reference) cannot be reached") }
        return Counted(reference: reference, parts: parts, registry: self)
    }

    func store(_ reference: StoreReference) async throws -> any ContentStore {
        throw OCIError(.unsupported, "read only")
    }

    fileprivate func asked(_ what: String) async throws {
        reads.withLock { $0[what, default: 0] += 1 }
        if let error = failure.withLock({ $0 }) { throw error }
        if what == "content", isHolding.withLock({ $0 }) { try await clock.sleep(for: .seconds(1)) }
    }
}

private struct Counted: ContentSource {
    let reference: StoreReference
    let parts: [MemoryStore]
    let registry: TestRegistry

    func resolve(_ tag: Tag) async throws -> Descriptor? {
        try await registry.asked("tag")
        for part in parts { if let found = try await part.resolve(tag) { return found } }
        return nil
    }

    func resolve(_ digest: Digest) async throws -> Descriptor? {
        try await registry.asked("manifest")
        for part in parts { if let found = try await part.resolve(digest) { return found } }
        return nil
    }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await registry.asked("content")
        for part in parts.dropLast() {
            if try await part.contains(descriptor) {
                return try await part.withContent(of: descriptor, from: offset, body)
            }
        }
        return try await parts[parts.count - 1].withContent(of: descriptor, from: offset, body)
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] { [] }
    func tags() async throws -> [Tag] { [] }
}
