// SPDX-License-Identifier: GPL-2.0
/*
 * synic: does this machine's KVM offer Hyper-V's SynIC? Status 0 if so. Only asks: where it does
 * not, running a guest on it may hang, so nothing else may be tried.
 */

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		return 1;

	return ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_SYNIC2) > 0 ? 0 : 1;
}
