/// The scope of a kind: namespaced or cluster-scoped.
enum KubernetesScope: Hashable {
    case namespace, cluster
    /// The scope is known only to the cluster: the kind is a custom resource or belongs to an aggregated API.
    case unknown

    /// The scope of a kind in Kubernetes' own API groups and in those of widely used controllers.
    static func of(group: String, kind: String) -> KubernetesScope {
        let scope = builtIn(group: group, kind: kind)
        return scope == .unknown ? ofCustomResource(group: group, kind: kind) : scope
    }

    /// The scope of a kind in Kubernetes' own API groups.
    static func builtIn(group: String, kind: String) -> KubernetesScope {
        if clusterKinds[group]?.contains(kind) == true { return .cluster }
        if namespacedKinds[group]?.contains(kind) == true { return .namespace }
        return .unknown
    }

    // kubectl api-resources --namespaced=false, Kubernetes 1.34.
    static let clusterKinds: [String: Set<String>] = [
        "": ["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
        "admissionregistration.k8s.io": [
            "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
        ],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "apiregistration.k8s.io": ["APIService"],
        "authentication.k8s.io": ["SelfSubjectReview", "TokenReview"],
        "authorization.k8s.io": ["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
        "certificates.k8s.io": ["CertificateSigningRequest", "ClusterTrustBundle"],
        "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
        "extensions": ["PodSecurityPolicy"],
        "internal.apiserver.k8s.io": ["StorageVersion"],
        "networking.k8s.io": ["IngressClass", "IPAddress", "ServiceCIDR"],
        "node.k8s.io": ["RuntimeClass"],
        "policy": ["PodSecurityPolicy"],
        "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
        "resource.k8s.io": ["DeviceClass", "DeviceTaintRule", "ResourceSlice"],
        "scheduling.k8s.io": ["PriorityClass"],
        "storage.k8s.io": ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
        "storagemigration.k8s.io": ["StorageVersionMigration"],
    ]

    // kubectl api-resources --namespaced=true, Kubernetes 1.34: the kinds that a package may contain.
    static let namespacedKinds: [String: Set<String>] = [
        "": [
            "Binding", "ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate",
            "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
        ],
        "apps": ["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        "autoscaling": ["HorizontalPodAutoscaler"],
        "authorization.k8s.io": ["LocalSubjectAccessReview"],
        "batch": ["CronJob", "Job"],
        "certificates.k8s.io": ["PodCertificateRequest"],
        "coordination.k8s.io": ["Lease", "LeaseCandidate"],
        "discovery.k8s.io": ["EndpointSlice"],
        "events.k8s.io": ["Event"],
        "extensions": ["DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"],
        "networking.k8s.io": ["Ingress", "NetworkPolicy"],
        "policy": ["PodDisruptionBudget"],
        "rbac.authorization.k8s.io": ["Role", "RoleBinding"],
        "resource.k8s.io": ["ResourceClaim", "ResourceClaimTemplate"],
        "storage.k8s.io": ["CSIStorageCapacity"],
    ]
}
