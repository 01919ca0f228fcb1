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
    /// The file number of the directory. It differs after another process has replaced the cache.
    private let inode: UInt64

    /// The cache of a remote in the existing `directory`, created when it does not exist.
    ///
    /// - Throws: a file system error, for example when the directory is read-only.
    static func open(
        in directory: String, remote: GitRemote, format: GitObjectFormat
    ) async throws -> GitOpsCache {
        let path = "\(directory)/\(name(remote, format))"
        return try await FileLock.holding("\(path).lock") {
            if isUsable(path) {
                try configure(path, remote: remote, format: format)
            } else {
                try create(path, remote: remote, format: format)
            }
            let inode = try SystemCall.status(of: path).inode
            return GitOpsCache(path: path, remote: remote, format: format, inode: inode)
        }
    }

    /// The name of the cache of a remote.
    static func name(_ remote: GitRemote, _ format: GitObjectFormat) -> String {
        Digest.sha256(of: "\(format.rawValue) \(remote.address)".utf8).hex.prefix(32) + ".git"
    }

    /// The files and directories that Git and this program create in a bare repository. Others can change what Git reads:
    /// `commondir`, `config.worktree`, `info/grafts`.
    private static let kinds: [String: FileStatus.Kind] = [
        "config": .file, "HEAD": .file, "packed-refs": .file, "shallow": .file, "FETCH_HEAD": .file,
        "objects": .directory, "refs": .directory, "logs": .directory,
        histories: .file, apart: .directory,
    ]

    /// The name of the file that says that the histories of policy commits are kept.
    private static let histories = "histories"
    /// The name of the directory that a fetch can use while it holds the cache.
    static let apart = ".partial-histories"

    /// True when the directory is a repository of this user, has nothing that an earlier run did not create, and not too
    /// many packs. The objects are checked when they are read.
    private static func isUsable(_ path: String) -> Bool {
        guard let top = try? SystemCall.status(of: path), CacheDirectory.isOwn(top, .directory),
            let names = try? FileManager.default.contentsOfDirectory(atPath: path), names.contains("objects"),
            names.allSatisfy({ isExpected($0, in: path) })
        else { return false }
        let info = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/info")) ?? []
        guard !info.contains(where: { $0.hasSuffix("alternates") }) else { return false }
        let packs = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/pack")) ?? []
        return packs.count { $0.hasSuffix(".pack") } <= maximumPacks
    }

    private static func isExpected(_ name: String, in path: String) -> Bool {
        let isTemporary = name.hasSuffix(".lock") || name.hasPrefix(".partial-")
        guard let kind = kinds[name] ?? (isTemporary ? .file : nil),
            let status = try? SystemCall.status(of: "\(path)/\(name)")
        else { return false }
        return CacheDirectory.isOwn(status, kind)
    }

    /// Writes the configuration and `HEAD` again, whatever they were.
    private static func configure(
        _ path: String, remote: GitRemote, format: GitObjectFormat
    ) throws {
        for (name, content) in [
            ("config", BareRepository.configuration(format: format, remote: remote)), ("HEAD", BareRepository.head),
        ] where (try? SmallFile.read("\(path)/\(name)", limit: content.count)) != content {
            try SmallFile.replace(name, with: content, in: path, durable: false)
        }
    }

    /// Runs `body` while no other process fetches into the cache or replaces it.
    func holding<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await FileLock.holding("\(path).lock", body)
    }

    /// Creates the cache again, empty, unless another process has done so since it was opened. A process that still reads
    /// from the old one notices that it is gone, and reads from a repository of its own. The caller must hold the cache.
    func replace() throws {
        guard (try? SystemCall.status(of: path))?.inode == inode else { return }
        try Self.create(path, remote: remote, format: format)
    }

    /// Creates a cache, in place of what is there.
    private static func create(_ path: String, remote: GitRemote, format: GitObjectFormat) throws {
        // The next creation at this path removes what a killed process leaves of the old one under its new name.
        guard let staged = StagedPath(path) else { throw SystemError.invalid }
        let old = "\(staged.parent)/\(staged.makePartialName())"
        if (try? SystemCall.status(of: path)) != nil { try SystemCall.rename(path, to: old) }
        defer { try? FileManager.default.removeItem(atPath: old) }
        try BareRepository.create(path, format: format, remote: remote)
    }

    /// True when a policy commit is fetched with its history, because an earlier run needed one: the next one would
    /// otherwise take a request more.
    var keepsHistories: Bool { (try? SystemCall.status(of: "\(path)/\(Self.histories)")) != nil }

    /// Makes the next runs fetch policy commits with their histories.
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
