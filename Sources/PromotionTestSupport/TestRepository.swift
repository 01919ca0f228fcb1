internal import CapsuleTestSupport
package import GitOps
package import Processes
internal import Support

/// A repository with a working tree, made with the real git.
package struct TestRepository {
    package let path: String

    package init(path: String) { self.path = path }

    package static func create(_ path: String, format: String = "sha1") async throws -> TestRepository {
        try await Tool.output(["git", "init", "-q", "-b", "main", "--object-format=\(format)", path])
        return TestRepository(path: path)
    }

    @discardableResult
    package func git(
        _ arguments: String..., environment: [String: String] = [:], input: [UInt8] = []
    ) async throws -> String {
        try await Tool.output(["git"] + arguments, in: path, environment: environment, input: input)
    }

    package func write(_ files: [String: String]) throws {
        for (name, content) in files { try writeFile("\(path)/\(name)", content) }
    }

    /// Writes the files and commits everything; returns the commit's id.
    @discardableResult
    package func commit(_ files: [String: String] = [:], message: String = "Change", time: Int64 = 1_767_323_045)
        async throws
        -> String
    {
        try write(files)
        return try await Tool.commit(
            message, in: path,
            environment: ["GIT_AUTHOR_DATE": "@\(time) +0000", "GIT_COMMITTER_DATE": "@\(time) +0000"])
    }
}

/// Git as the library runs it, in surroundings that tests share.
package func testGit(_ runner: any CommandRunner = SystemCommandRunner(), environment: [String: String] = [:]) -> Git {
    var git = Git(
        runner: runner,
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 })
    // Remotes that tests leave out stay away.
    git.retries.policy.outage = .zero
    return git
}
