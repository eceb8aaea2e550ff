// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Contributor, Registration, SeedNode} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {RewardRatePool} from "../../../contracts/RewardRatePool.sol";
import {RewardsDistributor} from "../../../contracts/RewardsDistributor.sol";
import {ServiceNodeRewards} from "../../../contracts/ServiceNodeRewards.sol";
import {SessionToken} from "../../../contracts/SessionToken.sol";
import {Assert} from "./Assert.sol";
import {Deploy} from "./Deploy.sol";
import {RewardsHarness} from "./RewardsHarness.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title A deployed network. Node i has the secret key i; the test contract owns, and is every seeded node's operator.
abstract contract NetworkTest is Assert {
    uint128 internal constant STAKE = 100e9;
    uint96 internal constant CLAIM_LIMIT = 1_000e9;
    uint32 internal constant CYCLE = 12 hours;
    uint256 internal constant POOL_FUNDS = 1_000_000e9;
    uint64 internal constant NOTICE = 16 days;
    address internal constant GUARDIAN = address(0x94a4d1a4);
    address internal constant FOUNDER = address(0xf0de4);
    bytes32 internal constant IDENTITY = keccak256("identity");

    SessionToken internal token;
    RewardRatePool internal pool;
    RewardsDistributor internal distributor;
    RewardsHarness internal rewards;
    uint64[] internal none;
    uint256 private deployments;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _deploy();
    }

    /// @dev Deploys token, pool, distributor and rewards; called again, it deploys others.
    function _deploy() internal {
        token = Deploy.token(240_000_000e9, address(this));
        address poolLogic = Deploy.poolLogic();
        // Six contracts a deployment: token, pool's logic, pool, distributor, logic, rewards.
        deployments += 1;
        address planned = vm.computeCreateAddress(address(this), 6 * deployments);
        address paid = vm.computeCreateAddress(address(this), 6 * deployments - 2);
        pool = RewardRatePool(
            Deploy.proxy(poolLogic, abi.encodeCall(RewardRatePool.initialize, (address(this), token, paid)))
        );
        distributor = Deploy.distributor(pool, planned);
        address logic = Deploy.rewardsLogic(distributor);
        rewards = RewardsHarness(Deploy.proxy(logic, abi.encodeCall(ServiceNodeRewards.initialize, (_parameters()))));
        assertEq(address(rewards), planned);
        token.transfer(address(pool), POOL_FUNDS);
    }

    function _parameters() internal view virtual returns (ServiceNodeRewards.Parameters memory) {
        return ServiceNodeRewards.Parameters({
            owner: address(this),
            guardian: GUARDIAN,
            founder: FOUNDER,
            stakingRequirement: STAKE,
            epochSeconds: 1 hours,
            claimLimit: CLAIM_LIMIT,
            claimCycleSeconds: CYCLE,
            emergencyNoticeSeconds: NOTICE
        });
    }

    /// @dev Seeds nodes 1 to `count`, pays their principal in and starts.
    function _startWith(uint256 count) internal {
        rewards.seedPublicKeyList(_seeds(count));
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
    }

    function _seeds(uint256 count) internal view returns (SeedNode[] memory seeds) {
        seeds = new SeedNode[](count);
        for (uint256 i = 0; i < count; ++i) {
            seeds[i] = _seed(i + 1);
        }
    }

    /// @dev A node of the test contract's own, registered now.
    function _seed(uint256 secret) internal view returns (SeedNode memory) {
        return _seed(secret, address(this));
    }

    /// @dev A node of `operator`'s alone, registered now.
    function _seed(uint256 secret, address operator) internal view returns (SeedNode memory) {
        return SeedNode(uint64(vm.getBlockTimestamp()), _registration(secret, operator), _solo(operator));
    }

    function _registration(uint256 secret, address operator) internal view returns (Registration memory registration) {
        registration.blsKey = Signer.keyOf(secret);
        registration.identityKey = IDENTITY;
        registration.feeBps = 1_000;
        bytes32 digest = rewards.hashProofOfPossession(registration.blsKey, operator, IDENTITY);
        registration.proofOfPossession = Signer.sign(secret, digest);
    }

    function _solo(address operator) internal pure returns (Contributor[] memory contributors) {
        contributors = new Contributor[](1);
        contributors[0] = Contributor(operator, operator, STAKE);
    }

    /// @dev Registers a node with the secret key `secret` for `operator`, as pending.
    function _register(uint256 secret, address operator) internal returns (uint64) {
        Registration memory registration = _registration(secret, operator);
        token.transfer(operator, STAKE);
        vm.prank(operator);
        token.approve(address(rewards), STAKE);
        vm.prank(operator);
        return rewards.addBLSPublicKey(registration, _solo(operator));
    }

    /// @dev Raises a recipient's lifetime amount with the signatures of nodes 1 to `count`.
    function _award(address recipient, uint256 amount, uint256 count) internal {
        bytes32 digest = rewards.hashRewardClaim(recipient, amount);
        rewards.updateRewardsBalance(recipient, amount, Signer.sign(_sumTo(count), digest), none, none);
    }

    /// @dev The secret key of the sum of keys 1 to n.
    function _sumTo(uint256 n) internal pure returns (uint256) {
        return n * (n + 1) / 2;
    }

    function _ids(uint64 a) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](1);
        ids[0] = a;
    }

    function _ids(uint64 a, uint64 b) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](2);
        (ids[0], ids[1]) = (a, b);
    }

    /// @dev The ids from `first` to `last`.
    function _range(uint64 first, uint64 last) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](last - first + 1);
        for (uint64 i = 0; i < ids.length; ++i) ids[i] = first + i;
    }
}
