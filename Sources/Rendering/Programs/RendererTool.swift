internal import Processes

/// A renderer that is installed on this machine, with the version that it reported.
struct RendererTool: Sendable {
    /// The program.
    let program: RendererProgram
    let identity: RendererIdentity
}

/// The file of a renderer, and the way to run it. Its version need not be known.
struct RendererProgram: Hashable, Sendable {
    /// `kustomize`, `kubectl` or `helm`.
    let name: String
    /// The absolute path of the program.
    let path: String
    /// The absolute path of `unshare`; nil where it cannot run a program without a network.
    let unshare: String?

    /// The maximum size of the input of a render whose garbage is not collected early.
    private static let smallInput = 128 << 10

    /// The command that renders in `directory`, which contains `home` and `bin`, both empty.
    ///
    /// - Parameter inputSize: the number of bytes of the files that are rendered.
    func command(
        _ arguments: [String], in directory: PrivateDirectory, inputSize: Int, limits: RenderLimits
    ) -> Command {
        var command = isolated(arguments, in: directory)
        if inputSize > Self.smallInput { command.environment["GOGC"] = nil }
        command.outputLimit = limits.outputSize
        command.deadline = limits.deadline
        command.dataLimit = limits.memory
        return command
    }

    /// `unshare --map-root-user --net -- program …`, or the program alone.
    func isolated(_ arguments: [String], in directory: PrivateDirectory) -> Command {
        let environment = Self.bareEnvironment(directory)
        guard let unshare else {
            return Command(path, arguments, environment: environment, workingDirectory: directory.path)
        }
        return Command(
            unshare, ["--map-root-user", "--net", "--", path] + arguments, environment: environment,
            workingDirectory: directory.path)
    }

    /// The environment of a renderer: no other programs, plugins, cluster access or user configuration.
    ///
    /// The proxy variables are a second protection for systems where a program cannot run without a network. No
    /// program listens on the discard port, and a Go program that has a proxy does not look up host names.
    ///
    /// `GOGC` makes the garbage collector of Go start at 16 MB instead of 4 MB. A small render ends before, and a renderer
    /// spends a third of its start-up collecting garbage otherwise.
    private static func bareEnvironment(_ directory: PrivateDirectory) -> [String: String] {
        let home = directory.appending("home")
        let nowhere = "http://127.0.0.1:9"
        return [
            "PATH": directory.appending("bin"), "HOME": home, "TMPDIR": directory.appending("tmp"),
            "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home,
            "KUSTOMIZE_PLUGIN_HOME": home, "KUBECONFIG": directory.appending("home/none"),
            "HELM_CACHE_HOME": "\(home)/helm", "HELM_CONFIG_HOME": "\(home)/helm", "HELM_DATA_HOME": "\(home)/helm",
            "HELM_PLUGINS": "\(home)/helm/plugins", "HELM_REGISTRY_CONFIG": "\(home)/helm/registry.json",
            "HELM_REPOSITORY_CONFIG": "\(home)/helm/repositories.yaml", "HELM_REPOSITORY_CACHE": "\(home)/helm/cache",
            "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "http_proxy": nowhere, "https_proxy": nowhere,
            "NO_PROXY": "", "no_proxy": "", "LC_ALL": "C", "TZ": "UTC", "GOGC": "400",
        ]
    }

    /// Creates the empty directories that ``command(_:in:inputSize:limits:)`` requires.
    static func prepare(_ directory: PrivateDirectory) throws {
        for name in ["home", "bin", "tmp"] { try directory.makeDirectory(name) }
    }
}
