internal import FoundationEssentials
internal import OCI
internal import Support

/// The bare repository that keeps the objects of a remote GitOps repository between runs.
///
/// Everything in it comes from the remote, and nothing in it is trusted: its configuration is written at each opening,
/// each object is checked against its id when it is read, and a repository that is damaged or holds anything else is
/// created again.
struct GitOpsCache: Sendable {
    /// The maximum number of packs of a cache. Each fetch adds one, and many slow Git down; above the maximum the
    /// cache is created again.
    static let maximumPacks = 200

    let path: String
    let remote: GitRemote
    let format: GitObjectFormat

    /// The cache of a remote in the existing `directory`, created when it does not exist.
    ///
    /// - Throws: a file system error, for example when the directory is read-only.
    static func open(
        in directory: String, remote: GitRemote, format: GitObjectFormat
    ) async throws -> GitOpsCache {
        let cache = GitOpsCache(path: "\(directory)/\(name(remote, format))", remote: remote, format: format)
        try await cache.holding {
            if cache.isUsable() { try cache.configure() } else { try cache.create() }
        }
        return cache
    }

    /// The name of the cache of a remote.
    static func name(_ remote: GitRemote, _ format: GitObjectFormat) -> String {
        Digest.sha256(of: "\(format.rawValue) \(remote.address)".utf8).hex.prefix(32) + ".git"
    }

    /// The names that Git and this program create in a bare repository. Others can change what Git reads: `commondir`,
    /// `config.worktree`, `info/grafts`.
    private static let names: Set = [
        "config", "HEAD", "objects", "refs", "packed-refs", "shallow", "FETCH_HEAD", "logs", histories,
    ]

    /// The name of the file that says that the histories of policy commits are kept.
    private static let histories = "histories"
    /// The name of the directory that a fetch can use while it holds the cache.
    static let apart = ".partial-histories"

    /// True when the directory is a repository of this user, has nothing that an earlier run did not create, and not too
    /// many packs. The objects are checked when they are read.
    private func isUsable() -> Bool {
        guard let top = try? SystemCall.status(of: path), CacheDirectory.isOwn(top, .directory),
            let names = try? FileManager.default.contentsOfDirectory(atPath: path), names.contains("objects"),
            names.allSatisfy({ isExpected($0) })
        else { return false }
        let info = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/info")) ?? []
        guard !info.contains(where: { $0.hasSuffix("alternates") }) else { return false }
        let packs = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/pack")) ?? []
        return packs.count { $0.hasSuffix(".pack") } <= Self.maximumPacks
    }

    private func isExpected(_ name: String) -> Bool {
        guard Self.names.contains(name) || name.hasSuffix(".lock") || name.hasPrefix(".partial-"),
            let status = try? SystemCall.status(of: "\(path)/\(name)")
        else { return false }
        return CacheDirectory.isOwn(status, .file) || CacheDirectory.isOwn(status, .directory)
    }

    /// Writes the configuration and `HEAD` again, whatever they were.
    private func configure() throws {
        for (name, content) in [
            ("config", BareRepository.configuration(format: format, remote: remote)), ("HEAD", BareRepository.head),
        ] where (try? SmallFile.read("\(path)/\(name)", limit: content.count)) != content {
            try SmallFile.replace(name, with: content, in: path, durable: false)
        }
    }

    /// Runs `body` while no other process fetches into the cache or creates it again.
    func holding<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await FileLock.holding("\(path).lock", body)
    }

    /// Creates the cache again, empty. The caller must hold the cache.
    func create() throws {
        if (try? SystemCall.status(of: path)) != nil { try FileManager.default.removeItem(atPath: path) }
        try BareRepository.create(path, format: format, remote: remote)
    }

    /// True when a policy commit is fetched with its history, because an earlier run needed one: the next one would
    /// otherwise take a request more.
    var keepsHistories: Bool { (try? SystemCall.status(of: "\(path)/\(Self.histories)")) != nil }

    /// Has the next runs fetch policy commits with their histories.
    func keepHistories() {
        // Without the file, the next run fetches the history when it is needed.
        try? SmallFile.replace(Self.histories, with: [], in: path, durable: false)
    }

    /// The ids of the commits whose parents are not here.
    var shallow: [String] {
        let content = try? SmallFile.read("\(path)/shallow", limit: 64 << 20)
        return String(decoding: content ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Moves the objects of another repository into the cache. The caller must hold the cache.
    ///
    /// - Parameter stillShallow: those of the `shallow` commits that the other repository does not have.
    func take(_ other: String, stillShallow: [String]) throws {
        let packs = try FileManager.default.contentsOfDirectory(atPath: "\(other)/objects/pack")
        // Git finds a pack by its index, so that one comes last.
        for name in packs.filter({ !$0.hasSuffix(".idx") }) + packs.filter({ $0.hasSuffix(".idx") }) {
            try SystemCall.rename("\(other)/objects/pack/\(name)", to: "\(path)/objects/pack/\(name)")
        }
        let cut = (try? SmallFile.read("\(other)/shallow", limit: 64 << 20)) ?? []
        try SmallFile.replace(
            "shallow", with: stillShallow.flatMap { Array("\($0)\n".utf8) } + cut, in: path, durable: false)
    }
}
