internal import FoundationEssentials
internal import OCI

/// The bare repository that keeps the objects of a remote GitOps repository between runs.
///
/// Everything in it comes from the remote: when it is damaged, it is created again.
struct GitOpsCache: Sendable {
    /// The maximum number of packs of a cache. Each fetch adds one, and many slow Git down; above the maximum the
    /// cache is created again.
    static let maximumPacks = 200

    let path: String
    let remote: GitRemote
    let format: GitObjectFormat

    /// The cache of a remote below `directory`, created when it does not exist.
    ///
    /// - Throws: a file system error, for example when the directory is read-only.
    static func open(
        in directory: String, remote: GitRemote, format: GitObjectFormat
    ) async throws -> GitOpsCache {
        let key = Digest.sha256(of: "\(format.rawValue) \(remote.address)".utf8).hex.prefix(32)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let cache = GitOpsCache(path: "\(directory)/\(key).git", remote: remote, format: format)
        try await cache.holding {
            let packs = (try? FileManager.default.contentsOfDirectory(atPath: "\(cache.path)/objects/pack")) ?? []
            if !FileManager.default.fileExists(atPath: "\(cache.path)/config")
                || packs.count(where: { $0.hasSuffix(".pack") }) > maximumPacks
            {
                try cache.create()
            }
        }
        return cache
    }

    /// Runs `body` while no other process fetches into the cache or creates it again.
    func holding<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await FileLock.holding("\(path).lock", body)
    }

    /// Creates the cache again, empty. The caller must hold the cache.
    func create() throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try BareRepository.create(path, format: format, remote: remote)
    }
}
