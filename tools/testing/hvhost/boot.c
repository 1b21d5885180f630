// SPDX-License-Identifier: GPL-2.0
/* See the kernel's Documentation/x86/boot.rst for the names. */
#include "boot.h"

#include <asm/bootparam.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acpi.h"
#include "cpio.h"
#include "disk.h"

#define COMMAND_LINE		0x21000
#define COMMAND_LINE_SIZE	2048u
#define KERNEL			0x1000000	/* where bzImages like to be */
#define BZIMAGE_ENTRY_64	0x200
#define PROTOCOL_MIN		0x020e		/* 2.14: acpi_rsdp_addr */
#define LOW_MEMORY_END		0x9fc00

#define E820_RAM		1
#define E820_RESERVED		2
#define E820_PERSISTENT		12	/* from before ACPI had a table of it */

/*
 * loglevel=5: each character on the console is an exit or two, a third of the
 * time of a nested boot; warnings are shown. nokaslr: reports resolve with
 * System.map. What the configuration adds comes later and so prevails.
 */
static const char command_line[] =
	"console=ttyS0 loglevel=5 panic=-1 nokaslr mitigations=off random.trust_cpu=on";

struct file {
	const char *path;
	uint8_t *bytes;
	size_t size;
};

/* A kernel in memory */
struct image {
	uint64_t entry;
	uint64_t end;			/* of what it needs before it can tell itself */
};

static int map_file(struct file *file, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*file = (struct file) { .path = path };
	if (fd < 0 || fstat(fd, &st)) {
		int error = errno;

		hv_complain("%s: %s", path, strerror(error));
		if (fd >= 0)
			close(fd);
		return -error;
	}
	file->size = st.st_size;
	file->bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file->bytes == MAP_FAILED) {
		hv_complain("%s: cannot be read (is it empty?)", path);
		return -EIO;
	}
	return 0;
}

static void unmap_file(struct file *file)
{
	munmap(file->bytes, file->size);
}

/* Identity map of the first GiB by 2 MiB pages, and a flat GDT. */
static void build_tables(struct hv_host *host)
{
	uint64_t *tables = hv_memory(host, HV_BOOT_TABLES, 3 * HV_PAGE_SIZE);
	uint64_t *gdt = hv_memory(host, HV_BOOT_GDT, HV_PAGE_SIZE);
	const uint64_t present_writable = 3, large = 1 << 7;

	tables[0] = (HV_BOOT_TABLES + HV_PAGE_SIZE) | present_writable;
	tables[512] = (HV_BOOT_TABLES + 2 * HV_PAGE_SIZE) | present_writable;
	for (uint64_t i = 0; i < 512; i++)
		tables[1024 + i] = i << 21 | large | present_writable;
	gdt[2] = 0x00af9b000000ffff;	/* 0x10: 64-bit code */
	gdt[3] = 0x00cf93000000ffff;	/* 0x18: data */
}

static void add_memory_range(struct boot_params *boot, uint64_t start, uint64_t end, uint32_t type)
{
	boot->e820_table[boot->e820_entries++] = (struct boot_e820_entry) {
		.addr = start,
		.size = end - start,
		.type = type,
	};
}

void hv_boot_memory(struct hv_host *host, struct boot_params *boot)
{
	uint64_t end = HV_DISK_BASE + host->disk->size, second = end - host->disk->second;

	boot->e820_entries = 0;
	add_memory_range(boot, 0, LOW_MEMORY_END, E820_RAM);
	add_memory_range(boot, LOW_MEMORY_END, 0x100000, E820_RESERVED);
	add_memory_range(boot, 0x100000, host->memory_size, E820_RAM);
	if (host->disk->size)
		add_memory_range(boot, HV_DISK_BASE, second < end ? second - HV_DISK_GAP : end,
				 E820_PERSISTENT);
	if (host->disk->second)
		add_memory_range(boot, second, end, E820_PERSISTENT);
}

static int no_memory(struct hv_host *host, const struct file *kernel)
{
	hv_complain("%s: needs more than %u MiB of memory", kernel->path,
		    host->config.memory_mib);
	return -ENOMEM;
}

/* A bzImage unpacks itself, which takes long under emulation. */
static int load_bzimage(struct hv_host *host, struct boot_params *boot, const struct file *kernel,
			struct image *image)
{
	const struct setup_header *header =
		(const struct setup_header *)(kernel->bytes + offsetof(struct boot_params, hdr));
	size_t setup, size;

	if (kernel->size < sizeof(*boot) || memcmp(&header->header, "HdrS", 4) ||
	    header->version < PROTOCOL_MIN || !(header->xloadflags & XLF_KERNEL_64)) {
		hv_complain("%s: neither a 64-bit bzImage of Linux 4.20 or later nor a vmlinux",
			    kernel->path);
		return -ENOEXEC;
	}
	setup = (header->setup_sects ? header->setup_sects + 1 : 5) * 512u;
	size = kernel->size - setup;
	if (KERNEL + (uint64_t)header->init_size > host->memory_size || size > header->init_size)
		return no_memory(host, kernel);
	memcpy(host->memory + KERNEL, kernel->bytes + setup, size);
	boot->hdr = *header;
	image->entry = KERNEL + BZIMAGE_ENTRY_64;
	image->end = KERNEL + (uint64_t)header->init_size;
	return 0;
}

/* A vmlinux is put where its program headers say; it needs no setup header of its own. */
static int load_vmlinux(struct hv_host *host, struct boot_params *boot, const struct file *kernel,
			struct image *image)
{
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)kernel->bytes;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(kernel->bytes + elf->e_phoff);

	if (elf->e_machine != EM_X86_64 || elf->e_phentsize != sizeof(*segment) ||
	    elf->e_phoff + elf->e_phnum * sizeof(*segment) > kernel->size) {
		hv_complain("%s: no vmlinux of x86-64", kernel->path);
		return -ENOEXEC;
	}
	for (; segment < (const Elf64_Phdr *)(kernel->bytes + elf->e_phoff) + elf->e_phnum;
	     segment++) {
		uint8_t *memory;

		if (segment->p_type != PT_LOAD)
			continue;
		memory = hv_memory(host, segment->p_paddr, segment->p_memsz);
		if (!memory || segment->p_filesz > segment->p_memsz)
			return no_memory(host, kernel);
		if (segment->p_offset + segment->p_filesz > kernel->size) {
			hv_complain("%s: cut off", kernel->path);
			return -ENOEXEC;
		}
		memcpy(memory, kernel->bytes + segment->p_offset, segment->p_filesz);
		if (image->end < segment->p_paddr + segment->p_memsz)
			image->end = segment->p_paddr + segment->p_memsz;
	}
	memcpy(&boot->hdr.header, "HdrS", 4);
	boot->hdr.boot_flag = 0xaa55;
	boot->hdr.version = PROTOCOL_MIN;
	boot->hdr.kernel_alignment = KERNEL;
	image->entry = elf->e_entry;
	return 0;
}

static int load_kernel(struct hv_host *host, struct boot_params *boot, const struct file *kernel,
		       struct image *image)
{
	int ret;

	if (kernel->size > sizeof(Elf64_Ehdr) && !memcmp(kernel->bytes, ELFMAG, SELFMAG))
		ret = load_vmlinux(host, boot, kernel, image);
	else
		ret = load_bzimage(host, boot, kernel, image);
	boot->hdr.type_of_loader = 0xff;
	boot->hdr.loadflags |= LOADED_HIGH;
	boot->hdr.code32_start = KERNEL;
	boot->hdr.cmd_line_ptr = COMMAND_LINE;
	return ret;
}

/* The modules as an archive behind the initramfs; @to may be NULL, to count. */
static size_t pack_modules(uint8_t *to, const struct file *modules, unsigned int count)
{
	size_t size = cpio_entry(to, "hvhost", CPIO_FOLDER, NULL, 0);

	for (unsigned int i = 0; i < count; i++) {
		const char *base = strrchr(modules[i].path, '/');
		char name[256];

		snprintf(name, sizeof(name), "hvhost/%u-%s", i, base ? base + 1 : modules[i].path);
		size += cpio_entry(to ? to + size : NULL, name, CPIO_FILE, modules[i].bytes,
				   modules[i].size);
	}
	return size + cpio_end(to ? to + size : NULL);
}

static int load_initrd(struct hv_host *host, struct boot_params *boot, const struct file *initrd,
		       const struct file *modules, unsigned int count, const struct image *image)
{
	size_t room = (initrd->size + 3) & ~(size_t)3;	/* archives begin at a multiple of 4 */
	size_t size = count ? room + pack_modules(NULL, modules, count) : initrd->size;
	uint64_t start = (host->memory_size - size) & ~(uint64_t)(HV_PAGE_SIZE - 1);

	if (size >= host->memory_size - image->end) {
		hv_complain("%s: %zu MiB do not fit into %u MiB of memory", initrd->path,
			    size >> 20, host->config.memory_mib);
		return -ENOMEM;
	}
	memcpy(host->memory + start, initrd->bytes, initrd->size);
	if (count)
		pack_modules(host->memory + start + room, modules, count);
	boot->hdr.ramdisk_image = start;
	boot->hdr.ramdisk_size = size;
	return 0;
}

static int load_guest(struct hv_host *host, struct boot_params *boot, const struct image *image)
{
	struct file initrd, modules[HV_MAX_MODULES];
	unsigned int count = 0;
	int ret;

	ret = map_file(&initrd, host->config.initrd);
	if (ret)
		return ret;
	while (!ret && count < HV_MAX_MODULES && host->config.modules[count]) {
		ret = map_file(&modules[count], host->config.modules[count]);
		count += !ret;
	}
	if (!ret)
		ret = load_initrd(host, boot, &initrd, modules, count, image);
	while (count)
		unmap_file(&modules[--count]);
	unmap_file(&initrd);
	return ret;
}

static int load_files(struct hv_host *host, struct boot_params *boot, struct image *image)
{
	struct file kernel;
	int ret;

	ret = map_file(&kernel, host->config.kernel);
	if (ret)
		return ret;
	ret = load_kernel(host, boot, &kernel, image);
	unmap_file(&kernel);
	return ret ? ret : load_guest(host, boot, image);
}

int hv_boot_load(struct hv_host *host, uint64_t *entry)
{
	struct boot_params *boot = hv_memory(host, HV_BOOT_PARAMS, sizeof(*boot));
	char *line = hv_memory(host, COMMAND_LINE, COMMAND_LINE_SIZE);
	struct image image = {};
	int ret, size;

	ret = load_files(host, boot, &image);
	if (ret)
		return ret;
	size = snprintf(line, COMMAND_LINE_SIZE, "%s %s", command_line, host->config.cmdline);
	if ((unsigned int)size >= COMMAND_LINE_SIZE) {
		hv_complain("the kernel command line is longer than %u bytes", COMMAND_LINE_SIZE);
		return -E2BIG;
	}
	boot->acpi_rsdp_addr = HV_ACPI_BASE;
	hv_boot_memory(host, boot);
	build_tables(host);
	*entry = image.entry;
	return 0;
}
