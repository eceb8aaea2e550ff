// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assert} from "./support/Assert.sol";
import {vm} from "./support/Vm.sol";

/// @dev What `support/Code.sol` creates, and what the harness is linked with, is what is shipped: the files that
/// `deploy` reads. The tests' own code is compiled otherwise, and must not get in between.
contract ArtifactsTest is Assert {
    string private constant PROXIES = "@openzeppelin/contracts/proxy/transparent/";

    function test_the_tests_deploy_the_shipped_code() public view {
        _check("contracts/SessionToken.sol", "SessionToken");
        _check("contracts/RewardRatePool.sol", "RewardRatePool");
        _check("contracts/RewardsDistributor.sol", "RewardsDistributor");
        _check("contracts/ServiceNodeContributionFactory.sol", "ServiceNodeContributionFactory");
        _check("contracts/KeyStore.sol", "KeyStore");
    }

    function test_the_harness_is_linked_with_the_shipped_libraries() public view {
        string[6] memory libraries =
            ["ContestLib", "EmergencyLib", "ExitLib", "NodeViews", "RegistrationLib", "ReportLib"];
        for (uint256 i = 0; i < libraries.length; ++i) {
            _check(string.concat("contracts/libraries/", libraries[i], ".sol"), libraries[i]);
        }
    }

    function test_proxies_and_the_timelock_are_the_shipped_ones() public view {
        string memory proxy = "TransparentUpgradeableProxy";
        _check(string.concat(PROXIES, proxy, ".sol"), proxy, string.concat(proxy, ".sol"));
        string memory timelock = "TimelockController";
        _check("@openzeppelin/contracts/governance/TimelockController.sol", timelock, "TimelockController.sol");
    }

    function _check(string memory source, string memory name) private view {
        _check(source, name, source);
    }

    /// @param known What the tests call the source of a package: not by where it is.
    function _check(string memory source, string memory name, string memory known) private view {
        bytes memory deployed = vm.getCode(string.concat(known, ":", name));
        // Coverage has artifacts of its own (hardhat.config.ts).
        bool instrumented = keccak256(bytes(vm.envOr("COVERAGE_PATHS", "0"))) == keccak256("1");
        string memory directory = instrumented ? "coverage/artifacts/" : "artifacts/";
        string memory json = vm.readFile(string.concat(directory, source, "/", name, ".json"));
        bytes memory shipped = vm.parseJsonBytes(json, ".bytecode");
        assertTrue(deployed.length > 0, name);
        assertTrue(keccak256(deployed) == keccak256(shipped), name);
    }
}
