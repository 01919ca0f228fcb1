internal import FoundationEssentials
internal import OCI

/// The bare repository in which the objects of a remote GitOps repository are kept between runs.
///
/// It holds nothing that the remote does not: when it is damaged, it is created again.
struct GitOpsCache: Sendable {
    /// The most packs of a cache: each fetch makes one, and more slow Git down. Then the cache is created again.
    static let maximumPacks = 200

    let path: String
    let remote: GitRemote
    let format: GitObjectFormat

    /// The cache of a remote below `directory`, made when it is not there.
    ///
    /// - Throws: a file system error, as when the directory is read-only.
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

    /// Runs `body` while no other process fetches into the cache or makes it again.
    func holding<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await FileLock.holding("\(path).lock", body)
    }

    /// Makes the cache again, empty. Call it while holding the cache.
    func create() throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try BareRepository.create(path, format: format, remote: remote)
    }
}
