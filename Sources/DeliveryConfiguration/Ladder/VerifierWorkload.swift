package import Documents
package import Support

/// How the generated verifier runs in the cluster: the keys of `kargo.verifier` about its pods and about the objects around
/// them.
package struct VerifierWorkload: Hashable, Sendable {
    /// The volume on which the service keeps its promotions.
    package enum State: Hashable, Sendable {
        /// A claim that exists; each replica has a directory of its own there.
        case claim(String)
        /// A claim for each replica, of this size, and of this storage class if there is one.
        case perReplica(size: JSONValue, storageClass: String?)
    }

    /// The path below which the service has its routes.
    package var basePath: BasePath
    /// The volume of the promotions; nil for a directory that ends with the pod.
    package var state: State?
    /// Everything else, by key, with the values that `capsule.yaml` has. The reader has checked their shapes.
    package var values: JSONValue

    /// Creates the settings of a workload.
    package init(basePath: BasePath = .top, state: State? = nil, values: JSONValue = [:]) {
        self.basePath = basePath
        self.state = state
        self.values = values
    }

    /// The value of a key; nil when `capsule.yaml` does not have the key.
    package subscript(key: String) -> JSONValue? { values[key] }

    /// The names of the volumes and of the paths that the generated pod has itself.
    enum Reserved {
        /// The volumes.
        static let volumes = ["cache", "tmp", "tokens", "logins", "key", "ca", "state"]
        /// The paths, below which nothing else can be mounted.
        static let paths = ["/var/cache/capsule", "/var/lib/capsule", "/tmp", "/etc/capsule"]
        /// The labels, by which the objects find the pods.
        static let labels = ["app.kubernetes.io/name", "app.kubernetes.io/instance"]
    }
}
