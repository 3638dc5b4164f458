/**
 * What the lab builds, and under which version it is known. The modules under modules/ pin the same versions with
 * everything they depend on, and lab/language-host pins Pulumi's; the image tags are those that this kubeadm asks for.
 */
export const kubernetesVersion = "1.37.2";
export const etcdVersion = "3.7.0";
export const coreDnsVersion = "1.14.6";
export const pauseVersion = "3.10.2";
export const cniPluginsVersion = "1.7.1";
export const pulumiVersion = "3.259.0";
