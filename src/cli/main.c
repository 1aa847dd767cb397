#include "cli/cli.h"

int
main(int argc, char **argv, char **env)
{
	return cli_main(argc, argv, env);
}
