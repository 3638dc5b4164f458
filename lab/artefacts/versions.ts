/**
 * The versions that the lab builds. The modules in modules/ pin the same versions and their dependencies; lab/language-host
 * pins Pulumi's. The image tags are those that this kubeadm pulls.
 */
export const kubernetesVersion = "1.37.2";
export const etcdVersion = "3.7.0";
export const coreDnsVersion = "1.14.6";
export const pauseVersion = "3.10.2";
export const cniPluginsVersion = "1.7.1";
export const pulumiVersion = "3.259.0";
